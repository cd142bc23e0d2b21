package gradefile

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Grade is one student's grade for an assignment.
type Grade struct {
	Student  roster.Student
	Result   course.Result
	Standing *course.Standing // what nbgrader's gradebook says; nil if that is unknown
}

// Score returns the points, with those that a person gave, after penalties.
func (g Grade) Score() float64 {
	if g.Standing != nil && !g.Result.Absent {
		return g.Standing.Score
	}
	return g.Result.Score
}

// MaxScore returns the points possible, with those that a person gives.
func (g Grade) MaxScore() float64 {
	if g.Standing != nil && !g.Result.Absent {
		return g.Standing.MaxScore
	}
	return g.Result.MaxScore + g.Result.ToGrade
}

// Manual returns the points that a person gave, and whether some are missing.
func (g Grade) Manual() (points float64, missing bool) {
	if g.Standing == nil {
		return 0, g.Result.ToGrade > 0 && !g.Result.Absent
	}
	for _, m := range g.Standing.Marks {
		missing = missing || !m.Graded && m.MaxScore > 0
	}
	return g.Standing.Score - g.Result.Score, missing
}

// Comment returns what the student is told besides the points, a line each.
func (g Grade) Comment() string {
	var lines []string
	if g.Result.Absent {
		return "nothing was handed in"
	}
	for _, n := range g.Result.Notebooks {
		for _, e := range n.Exercises {
			lines = append(lines, fmt.Sprintf("%s: %s of %s points", e.Name, number(e.Score), number(e.MaxScore)))
		}
	}
	if g.Result.Penalty > 0 {
		days := "1 day"
		if g.Result.DaysLate != 1 {
			days = fmt.Sprintf("%d days", g.Result.DaysLate)
		}
		lines = append(lines, fmt.Sprintf("%s points taken off: %s late", number(g.Result.Penalty), days))
	}
	if g.Standing != nil {
		for _, m := range g.Standing.Marks {
			line := m.Cell
			if m.Graded && m.MaxScore > 0 {
				line += fmt.Sprintf(": %s of %s points", number(m.Score), number(m.MaxScore))
			}
			if m.Comment != "" {
				line += ": " + strings.Join(strings.Fields(m.Comment), " ")
			}
			if line != m.Cell {
				lines = append(lines, line)
			}
		}
	}
	return untrusted.Clean(strings.Join(lines, "\n"))
}

// number returns points with at most two decimals.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// members returns a roster of those who have a grade.
func members(grades []Grade) *roster.Roster {
	var students []roster.Student
	for _, g := range grades {
		students = append(students, g.Student)
	}
	return roster.New(students)
}
