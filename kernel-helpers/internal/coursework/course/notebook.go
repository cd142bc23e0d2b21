package course

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// Notebook is one notebook of an assignment.
type Notebook struct {
	Name      string // file name without .ipynb
	Exercises []*Exercise
	ToGrade   float64 // points of the cells that a person grades
	Cells     []SourceCell

	metadata []byte // the notebook's, as JSON
}

// Exercise consists of the answer cells of one task and the test cell that
// follows them.
type Exercise struct {
	Name    string   // grade_id of the first answer cell
	Shared  []Code   // the locked cells before it
	Answers []Code   // with the reference solution if read from source/
	Tests   Code     // with the hidden tests if read from source/
	Cases   []Case   // the functions of Tests
	Points  float64  // of the test cell
	Forbid  []string // import paths that its answers may not use although others may
}

// Case is one test function.
type Case struct {
	Name   string
	Asks   string // its doc comment without the points: what the test requires
	Hidden bool
	Points float64
}

// ReadNotebook reads a notebook of an assignment, from source/ or as released.
func ReadNotebook(file string) (*Notebook, error) {
	doc, err := notebook.Read(file)
	if err != nil {
		return nil, err
	}
	nb, err := ParseNotebook(strings.TrimSuffix(filepath.Base(file), ".ipynb"), doc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return nb, nil
}

// ParseNotebook finds the exercises of a notebook.
func ParseNotebook(name string, doc *notebook.Notebook) (*Notebook, error) {
	nb := &Notebook{Name: name, metadata: doc.Metadata()}
	var shared, answers []Code
	var forbid []string
	seen := map[string]bool{}
	cases := map[string]string{}
	for i, cell := range doc.Cells() {
		m, found := readMetadata(cell)
		nb.Cells = append(nb.Cells, layoutCell(cell, m, found))
		if !found {
			continue
		}
		in := fmt.Sprintf("cell %d (%s)", i+1, m.GradeID)
		if seen[m.GradeID] {
			return nil, fmt.Errorf("%s: another cell has that grade_id: delete the copy, or give each its own", in)
		}
		seen[m.GradeID] = true
		if err := CheckName(m.GradeID); err != nil {
			return nil, fmt.Errorf("%s: grade_id: %w", in, err)
		}
		code := Code{Cell: m.GradeID, Text: cell.Source()}
		switch {
		case m.Grade && m.Solution, m.Task:
			nb.ToGrade += m.Points
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
					return nil, fmt.Errorf("%s: the cell %s has a test %s too: names are unique in a notebook", in, other, c.Name)
				}
				cases[c.Name] = e.Tests.Cell
			}
			nb.Exercises = append(nb.Exercises, e)
			answers, forbid = nil, nil
		case m.Locked:
			shared = append(shared[:len(shared):len(shared)], code)
		}
	}
	if len(answers) > 0 {
		return nil, fmt.Errorf("no test cell follows the answer cell %s", answers[0].Cell)
	}
	if len(nb.Exercises) == 0 {
		return nil, errors.New("it has no answer cell followed by a test cell: mark them in nbgrader's Create Assignment panel")
	}
	return nb, nil
}

// forbidden returns the imports that an answer cell's metadata forbids.
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

// points matches the line of a test's doc comment with its points.
var points = regexp.MustCompile(`(?m)^Points: ([0-9]+(?:\.[0-9]+)?)\s*$`)

// hiddenMark matches a line of a test's doc comment that marks hidden tests.
var hiddenMark = regexp.MustCompile(`(?m)^.*\b(` + BeginHidden + `|` + EndHidden + `)\b.*$`)

// readCases returns the test functions of a test cell.
func readCases(cell Code) ([]Case, error) {
	fset, file, err := cell.Parse(parser.ParseComments | parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("does not parse as Go: %w", err)
	}
	hidden := cell.HiddenLines()
	var cases []Case
	for _, d := range file.Decls {
		f, isFunc := d.(*ast.FuncDecl)
		if !isFunc || !isTest(f) {
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
		return nil, errors.New("it has no test function")
	}
	return cases, nil
}

// isTest reports whether f is func TestX(t *testing.T).
func isTest(f *ast.FuncDecl) bool {
	rest, found := strings.CutPrefix(f.Name.Name, "Test")
	if !found || f.Recv != nil || f.Name.Name == "TestMain" || f.Type.Results != nil || len(f.Type.Params.List) != 1 {
		return false
	}
	if rest != "" && rest[0] >= 'a' && rest[0] <= 'z' {
		return false
	}
	star, isPointer := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !isPointer {
		return false
	}
	sel, isSelector := star.X.(*ast.SelectorExpr)
	return isSelector && sel.Sel.Name == "T"
}

// CheckPoints returns an error if the tests' points don't add up to those of
// their cell. It is for notebooks of source/: released ones lack hidden tests.
func (nb *Notebook) CheckPoints() error {
	for _, e := range nb.Exercises {
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

// Imports returns the packages that the course's own cells of the notebooks
// import: locked cells and test cells.
func Imports(notebooks []*Notebook) (paths []string) {
	for _, nb := range notebooks {
		for _, e := range nb.Exercises {
			paths = append(paths, e.Tests.Imports()...)
			for _, c := range e.Shared {
				paths = append(paths, c.Imports()...)
			}
		}
	}
	return paths
}
