package gradefile

import (
	"io"
	"strconv"
)

// WriteCSV writes grades for a spreadsheet: points of the tests, points that a person
// gave, their sum, and comments.
func WriteCSV(w io.Writer, grades []Grade) error {
	t := &table{separator: ',', lines: [][]string{{"student", "name", "email", "group", "assignment", "tests", "manual", "score", "max_score", "days_late", "penalty", "absent", "ungraded", "comment"}}}
	for _, g := range grades {
		manual, missing := g.Manual()
		t.lines = append(t.lines, []string{g.Student.Name, g.Student.FullName, g.Student.Email, g.Student.Group, g.Result.Assignment,
			number(g.Result.Score), number(manual), number(g.Score()), number(g.MaxScore()), strconv.Itoa(g.Result.DaysLate), number(g.Result.Penalty),
			strconv.FormatBool(g.Result.Absent), strconv.FormatBool(missing), g.Comment()})
	}
	return t.write(w)
}
