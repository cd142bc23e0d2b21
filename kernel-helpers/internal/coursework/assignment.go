package coursework

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// Assignment is what students are given at once: one notebook or more.
type Assignment struct {
	Name   string
	Due    time.Time // zero is never
	Sheets []*Sheet
}

// Sheet is one notebook of an assignment.
type Sheet struct {
	Name      string // file name without .ipynb
	Exercises []*Exercise
	ToGrade   float64 // points of the cells that a person grades
}

// Exercise is the answer cells of one task and the test cell that follows them.
type Exercise struct {
	Name    string // grade_id of the first answer cell
	Shared  []Code // the locked cells before it
	Answers []Code // in source/ with the reference solution
	Tests   Code   // with the hidden ones in source/
	Cases   []Case
	Points  float64
	Forbid  []string // import paths that its answers may not use although others may
}

// Code is the text of a code cell.
type Code struct {
	Cell string // grade_id
	Text string
}

// Case is one test function.
type Case struct {
	Name   string
	Asks   string // its doc comment without the points
	Hidden bool
	Points float64
}

// nbgrader is the metadata that nbgrader keeps in a cell (schema version 3).
type nbgraderCell struct {
	Grade    bool    `json:"grade"`
	Solution bool    `json:"solution"`
	Locked   bool    `json:"locked"`
	Task     bool    `json:"task"`
	GradeID  string  `json:"grade_id"`
	Points   float64 `json:"points"`
	Schema   int     `json:"schema_version"`
}

// gradeCell returns a cell's nbgrader metadata; ok is false where it has none
// that counts. DeduplicateIds of nbgrader leaves an empty object.
func gradeCell(c *notebook.Cell) (m nbgraderCell, ok bool) {
	raw := c.Metadata("nbgrader")
	if raw == nil || json.Unmarshal(raw, &m) != nil || m.GradeID == "" {
		return m, false
	}
	return m, true
}

// ReadSheet reads the notebook of an assignment, from source/ or as released.
func ReadSheet(file string) (*Sheet, error) {
	nb, err := notebook.Read(file)
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	s, err := parseSheet(strings.TrimSuffix(filepath.Base(file), ".ipynb"), nb)
	if err != nil {
		return nil, fmt.Errorf("coursework: %s: %w", file, err)
	}
	return s, nil
}

func parseSheet(name string, nb *notebook.Notebook) (*Sheet, error) {
	s := &Sheet{Name: name}
	var shared, answers []Code
	var forbid []string
	seen := map[string]bool{}
	cases := map[string]string{}
	for i, cell := range nb.Cells() {
		m, ok := gradeCell(cell)
		if !ok {
			continue
		}
		in := fmt.Sprintf("cell %d (%s)", i+1, m.GradeID)
		if seen[m.GradeID] {
			return nil, fmt.Errorf("%s: another cell has that grade_id: delete the copy, or give each its own", in)
		}
		seen[m.GradeID] = true
		if err := plainName(m.GradeID); err != nil {
			return nil, fmt.Errorf("%s: grade_id: %w", in, err)
		}
		code := Code{Cell: m.GradeID, Text: cell.Source()}
		switch {
		case m.Grade && m.Solution, m.Task:
			s.ToGrade += m.Points
		case cell.Type() != "code":
		case m.Solution:
			answers = append(answers, code)
			more, err := forbidden(cell)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", in, err)
			}
			forbid = append(forbid, more...)
		case m.Grade:
			if len(answers) == 0 {
				return nil, fmt.Errorf("%s: a test cell needs an answer cell before it", in)
			}
			e := &Exercise{Name: answers[0].Cell, Shared: shared, Answers: answers, Tests: code, Points: m.Points, Forbid: forbid}
			var err error
			if e.Cases, err = readCases(code); err != nil {
				return nil, fmt.Errorf("%s: %w", in, err)
			}
			for _, c := range e.Cases {
				if other, twice := cases[c.Name]; twice {
					return nil, fmt.Errorf("%s: %s is a test of %s already: names are unique in a notebook", in, c.Name, other)
				}
				cases[c.Name] = e.Tests.Cell
			}
			s.Exercises = append(s.Exercises, e)
			answers, forbid = nil, nil
		case m.Locked:
			shared = append(shared[:len(shared):len(shared)], code)
		}
	}
	if len(answers) > 0 {
		return nil, fmt.Errorf("the answer cell %s has no test cell after it", answers[0].Cell)
	}
	if len(s.Exercises) == 0 {
		return nil, fmt.Errorf("no cell is an answer cell followed by a test cell: mark them with nbgrader's Create Assignment panel")
	}
	return s, nil
}

// forbidden reads which imports an answer cell's metadata forbids.
func forbidden(cell *notebook.Cell) ([]string, error) {
	raw := cell.Metadata("coursework", "forbid")
	if raw == nil {
		return nil, nil
	}
	var paths []string
	if err := json.Unmarshal(raw, &paths); err != nil {
		return nil, fmt.Errorf("metadata coursework.forbid: want a list of import paths: %w", err)
	}
	return paths, nil
}

// The marks of hidden tests are those that nbgrader's ClearHiddenTests removes.
const (
	beginHidden   = "BEGIN HIDDEN TESTS"
	endHidden     = "END HIDDEN TESTS"
	beginSolution = "BEGIN SOLUTION"
	endSolution   = "END SOLUTION"
)

// points is the line of a test's doc comment that says what it is worth.
var points = regexp.MustCompile(`(?m)^Points: ([0-9]+(?:\.[0-9]+)?)\s*$`)

// hiddenMark is the line of a test's doc comment that is a mark of hidden tests.
var hiddenMark = regexp.MustCompile(`(?m)^.*\b(` + beginHidden + `|` + endHidden + `)\b.*$`)

// readCases finds the test functions of a test cell.
func readCases(cell Code) ([]Case, error) {
	fset, file, err := parseCell(cell, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("does not parse as Go: %w", err)
	}
	hidden := hiddenLines(cell.Text)
	var cases []Case
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !isTest(f) {
			continue
		}
		c := Case{Name: f.Name.Name, Hidden: hidden(fset.Position(f.Name.Pos()).Line - 1)}
		doc := f.Doc.Text()
		found := points.FindStringSubmatch(doc)
		if found == nil {
			return nil, fmt.Errorf("%s: its doc comment has no line \"Points: N\"", c.Name)
		}
		if c.Points, err = strconv.ParseFloat(found[1], 64); err != nil || c.Points > 1e6 {
			return nil, fmt.Errorf("%s: Points: %s is not a number of points", c.Name, found[1])
		}
		c.Asks = strings.Join(strings.Fields(hiddenMark.ReplaceAllString(points.ReplaceAllString(doc, ""), "")), " ")
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("it has no test function")
	}
	return cases, nil
}

// checkPoints holds the tests' points against those of their cell: a released
// notebook lacks the hidden ones, a source notebook doesn't.
func (s *Sheet) checkPoints() error {
	for _, e := range s.Exercises {
		var sum float64
		for _, c := range e.Cases {
			sum += c.Points
		}
		if math.Abs(sum-e.Points) > 1e-9 {
			return fmt.Errorf("the cell %s is worth %v points, its tests %v together: make them equal", e.Tests.Cell, e.Points, sum)
		}
	}
	return nil
}

// isTest tells whether f is func TestX(t *testing.T).
func isTest(f *ast.FuncDecl) bool {
	rest, ok := strings.CutPrefix(f.Name.Name, "Test")
	if !ok || f.Recv != nil || f.Name.Name == "TestMain" || f.Type.Results != nil || len(f.Type.Params.List) != 1 {
		return false
	}
	if rest != "" && rest[0] >= 'a' && rest[0] <= 'z' {
		return false
	}
	star, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "T"
}

// hiddenLines tells which lines, from 1, are between the marks of hidden tests.
func hiddenLines(text string) func(line int) bool {
	var inside []bool
	in := false
	for line := range strings.Lines(text) {
		if strings.Contains(line, beginHidden) {
			in = true
		}
		inside = append(inside, in)
		if strings.Contains(line, endHidden) {
			in = false
		}
	}
	return func(line int) bool { return line >= 1 && line <= len(inside) && inside[line-1] }
}

// plainGo blanks what is GoNB's in a cell: special commands, and the body of
// main that %% begins. Lines keep their numbers. It returns the lines that were
// blanked, but for a %test.
func plainGo(text string) (code string, dropped []string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "%%"), strings.HasPrefix(line, "%main"):
			dropped = append(dropped, line)
			clear(lines[i:])
			return strings.Join(lines, "\n"), dropped
		case strings.HasPrefix(line, "%"), strings.HasPrefix(line, "!"), strings.HasPrefix(line, "//gonb:"):
			if strings.TrimSpace(line) != "%test" {
				dropped = append(dropped, line)
			}
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n"), dropped
}
