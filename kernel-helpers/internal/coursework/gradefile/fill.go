package gradefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/roster"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// table is a file of a platform that is filled in.
type table struct {
	separator rune
	lines     [][]string
}

// parseTable reads a file of a platform.
func parseTable(text []byte) (*table, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	t := &table{separator: roster.Separator(text)}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = t.separator
	in.FieldsPerRecord = -1
	lines, err := in.ReadAll()
	if err == nil && len(lines) == 0 {
		err = errors.New("it is empty")
	}
	t.lines = lines
	return t, err
}

// column returns the number of the first column that has one of these headings, or -1.
func (t *table) column(headings ...string) int {
	return slices.IndexFunc(t.lines[0], func(cell string) bool {
		return slices.ContainsFunc(headings, func(h string) bool { return strings.EqualFold(strings.TrimSpace(cell), h) })
	})
}

// get returns a cell, or "".
func (t *table) get(line, column int) string {
	if column < 0 || column >= len(t.lines[line]) {
		return ""
	}
	return strings.TrimSpace(t.lines[line][column])
}

// set sets a cell.
func (t *table) set(line, column int, text string) {
	for len(t.lines[line]) <= column {
		t.lines[line] = append(t.lines[line], "")
	}
	t.lines[line][column] = text
}

// write writes the table without formulas. Numbers, and the dash that platforms write
// for nothing, stay as they are.
func (t *table) write(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Comma = t.separator
	for _, line := range t.lines {
		safe := make([]string, len(line))
		for i, cell := range line {
			safe[i] = cell
			if _, err := strconv.ParseFloat(strings.TrimSpace(cell), 64); err != nil && cell != "-" {
				safe[i] = untrusted.Cell(cell)
			}
		}
		if err := out.Write(safe); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// fill calls set for each line of a student who has a grade. It returns an error that
// names those who have one and no line; the others' are filled.
func (t *table) fill(grades []Grade, set func(line int, g Grade)) error {
	class := members(grades)
	byName := map[string]Grade{}
	for _, g := range grades {
		byName[g.Student.Name] = g
	}
	id, identifier := t.column("ID"), t.column("Identifier")
	names := []int{t.column("SIS Login ID"), t.column("SIS User ID"), t.column("Username"), t.column("ID number"), t.column("Email address"), id, t.column("Student"), t.column("Full name")}
	first, last := t.column("First name"), t.column("Last name", "Surname")
	for line := 1; line < len(t.lines); line++ {
		number := t.get(line, id)
		if words := strings.Fields(t.get(line, identifier)); len(words) > 0 {
			number = words[len(words)-1]
		}
		var candidates []string
		for _, column := range names {
			candidates = append(candidates, t.get(line, column))
		}
		for _, name := range append(candidates, t.get(line, first)+" "+t.get(line, last)) {
			student, found := class.Find(name, number)
			if g, have := byName[student]; found && have {
				set(line, g)
				delete(byName, student)
				break
			}
		}
	}
	var left []string
	for name := range byName {
		left = append(left, name)
	}
	if len(left) > 0 {
		slices.Sort(left)
		return fmt.Errorf("%w: %s", ErrUnmatched, strings.Join(left, ", "))
	}
	return nil
}

// ErrUnmatched is wrapped by errors about students who have a grade and no line in the
// file that was filled. The file is complete otherwise.
var ErrUnmatched = errors.New("no line in the platform's file")
