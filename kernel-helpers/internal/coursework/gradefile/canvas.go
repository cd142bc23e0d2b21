package gradefile

import (
	"fmt"
	"io"
	"regexp"
)

// canvasColumn matches the heading of an assignment in Canvas's export.
var canvasColumn = regexp.MustCompile(`^(.*?)(?: \(\d+\))?$`)

// WriteCanvas writes grades for Canvas's import. exported is the file that Canvas
// exports, whose column for the assignment is filled, or nil.
func WriteCanvas(w io.Writer, assignment string, grades []Grade, exported []byte) error {
	if exported == nil {
		return writeNewCanvas(w, assignment, grades)
	}
	t, err := parseTable(exported)
	if err != nil {
		return fmt.Errorf("read Canvas's file: %w", err)
	}
	if t.column("Student") < 0 || t.column("ID") < 0 {
		return fmt.Errorf("read Canvas's file: its first line has no Student and ID: export the gradebook from Canvas")
	}
	column := -1
	for i, heading := range t.lines[0] {
		if m := canvasColumn.FindStringSubmatch(heading); m != nil && m[1] == assignment {
			column = i
		}
	}
	if column < 0 {
		column = len(t.lines[0])
		t.set(0, column, assignment)
	}
	for line := range t.lines {
		if t.get(line, t.column("Student")) == "Points Possible" && t.get(line, column) == "" && len(grades) > 0 {
			t.set(line, column, number(grades[0].MaxScore()))
		}
	}
	unmatched := t.fill(grades, func(line int, g Grade) { t.set(line, column, number(g.Score())) })
	if err := t.write(w); err != nil {
		return err
	}
	return unmatched
}

func writeNewCanvas(w io.Writer, assignment string, grades []Grade) error {
	t := &table{separator: ',', lines: [][]string{{"Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment}}}
	if len(grades) > 0 {
		t.lines = append(t.lines, []string{"    Points Possible", "", "", "", "", number(grades[0].MaxScore())})
	}
	for _, g := range grades {
		s := g.Student
		name, login := s.LastFirst(), s.Platform["sis login id"]
		if name == "" {
			name = s.Name
		}
		if login == "" && s.Platform["id"] == "" && s.Platform["sis user id"] == "" {
			login = s.Name
		}
		t.lines = append(t.lines, []string{name, s.Platform["id"], s.Platform["sis user id"], login, s.Platform["section"], number(g.Score())})
	}
	return t.write(w)
}
