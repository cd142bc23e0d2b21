package stats

import (
	"encoding/csv"
	"io"
	"strconv"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// WriteCSV writes a line for the assignment, each exercise, each test and each
// message.
func (s Stats) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	lines := [][]string{{"kind", "notebook", "exercise", "test", "hidden", "max_points", "students", "passed", "min", "q1", "median", "q3", "max", "mean", "message"}}
	spread := func(kind, notebook, exercise string, most float64, p Spread) {
		lines = append(lines, []string{kind, untrusted.Cell(notebook), untrusted.Cell(exercise), "", "", number(most), strconv.Itoa(p.Students), "",
			number(p.Min), number(p.Q1), number(p.Median), number(p.Q3), number(p.Max), number(p.Mean), ""})
	}
	spread("assignment", "", "", s.MaxScore, s.Score)
	for _, e := range s.Exercises {
		spread("exercise", e.Notebook, e.Name, e.MaxScore, e.Score)
		for _, t := range e.Tests {
			lines = append(lines, []string{"test", untrusted.Cell(e.Notebook), untrusted.Cell(e.Name), untrusted.Cell(t.Name), strconv.FormatBool(t.Hidden), number(t.MaxPoints),
				strconv.Itoa(t.Of), strconv.Itoa(t.Passed), "", "", "", "", "", "", ""})
		}
	}
	for _, m := range s.Messages {
		lines = append(lines, []string{"message", "", untrusted.Cell(m.Exercise), untrusted.Cell(m.Test), "", "", strconv.Itoa(m.Students), "", "", "", "", "", "", "", untrusted.Cell(m.Text)})
	}
	return out.WriteAll(lines)
}
