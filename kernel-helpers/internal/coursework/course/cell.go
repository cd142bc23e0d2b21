package course

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
)

// The marks of hidden tests and of solutions, as nbgrader knows them.
const (
	BeginHidden   = "BEGIN HIDDEN TESTS"
	EndHidden     = "END HIDDEN TESTS"
	BeginSolution = "BEGIN SOLUTION"
	EndSolution   = "END SOLUTION"
)

// Code is the source of a code cell.
type Code struct {
	Cell string // grade_id
	Text string

	// Borrowed says that the cell isn't an answer to the exercise: the answers may
	// use what it declares.
	Borrowed bool `json:",omitempty"`
}

// stubLines are what nbgrader puts in the place of a solution, as its settings
// for the course say (lab/nbgrader_config.py).
var stubLines = []string{"// YOUR CODE HERE", `panic("not implemented")`}

// Stub returns an answer cell as students get it: without the solution.
func (c Code) Stub() Code {
	var kept []string
	inside, replaced := false, false
	for _, line := range strings.Split(c.Text, "\n") {
		switch {
		case strings.Contains(line, BeginSolution):
			inside, replaced = true, true
			indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
			for _, s := range stubLines {
				kept = append(kept, indent+s)
			}
		case strings.Contains(line, EndSolution):
			inside = false
		case !inside:
			kept = append(kept, line)
		}
	}
	if !replaced {
		kept = stubLines
	}
	return Code{Cell: c.Cell, Text: strings.Join(kept, "\n")}
}

// HiddenLines returns a function that reports whether a line, counted from 1, is
// between the marks of hidden tests.
func (c Code) HiddenLines() func(line int) bool {
	var inside []bool
	in := false
	for line := range strings.Lines(c.Text) {
		if strings.Contains(line, BeginHidden) {
			in = true
		}
		inside = append(inside, in)
		if strings.Contains(line, EndHidden) {
			in = false
		}
	}
	return func(line int) bool { return line >= 1 && line <= len(inside) && inside[line-1] }
}

// SolutionLines returns a function that reports whether a line, counted from 1, is
// between the marks of the solution, or anywhere in a cell without marks.
func (c Code) SolutionLines() func(line int) bool {
	var inside []bool
	in, marked := false, false
	for line := range strings.Lines(c.Text) {
		if strings.Contains(line, EndSolution) {
			in = false
		}
		inside = append(inside, in)
		if strings.Contains(line, BeginSolution) {
			in, marked = true, true
		}
	}
	return func(line int) bool { return !marked || line >= 1 && line <= len(inside) && inside[line-1] }
}

// WithoutHidden returns a test cell without its hidden tests, as nbgrader
// releases it.
func (c Code) WithoutHidden() Code {
	hidden := c.HiddenLines()
	var kept []string
	for i, line := range strings.Split(c.Text, "\n") {
		if !hidden(i + 1) {
			kept = append(kept, line)
		}
	}
	return Code{Cell: c.Cell, Text: strings.Join(kept, "\n")}
}

// Go returns the cell's Go code. What only GoNB understands is blanked: special
// commands, package clauses, and everything from the %% that begins the body of
// main. Lines keep their numbers. dropped lists the blanked commands other than
// %test.
func (c Code) Go() (code string, dropped []string) {
	parts, _ := cell.Split(c.Text) // the compiler tells what is wrong
	text := strings.Split(parts.Text, "\n")
	lines := make([]string, len(text))
	end := len(lines)
	if parts.Magic != nil {
		end = 0
		dropped = append(dropped, text[parts.Magic.Pos.Line-1])
	} else {
		copy(lines, strings.Split(given(parts), "\n"))
	}
	if parts.Body != nil {
		end = parts.Body.Command.Line - 1
		clear(lines[end:])
	}
	for _, at := range parts.Special {
		if line := text[at-1]; at <= end+1 && strings.TrimSpace(line) != "%test" {
			dropped = append(dropped, line)
		}
	}
	return strings.Join(lines, "\n"), dropped
}

// given returns the Go code of a cell with its comments as they were given:
// package cell disables some, which rules for answers are about.
func given(c *cell.Cell) string {
	code := []byte(c.Go)
	for i, b := range code {
		if b != ' ' {
			code[i] = c.Text[i]
		}
	}
	return string(code)
}

// PackageClause is what Parse puts before a cell's code.
const PackageClause = "package p\n"

// Parse parses the cell's Go code after [PackageClause]: lines are the cell's
// plus one, and offsets are those of [Code.Go] plus the clause's length.
func (c Code) Parse(mode parser.Mode) (*token.FileSet, *ast.File, error) {
	text, _ := c.Go()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, c.Cell, PackageClause+text, mode)
	return fset, file, err
}

// Imports returns the import paths that the cell names.
func (c Code) Imports() []string {
	_, file, err := c.Parse(parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var paths []string
	for _, spec := range file.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, "\"`"))
	}
	return paths
}

// SameText reports whether two cells are equal, apart from spaces at the ends of
// lines, which editors remove, and from empty lines at the end.
func SameText(a, b string) bool { return trimLines(a) == trimLines(b) }

func trimLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
