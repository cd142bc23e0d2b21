package cell

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// Position is a place in the text of a cell. Line and Column count from 1;
// columns count bytes, as Go's do.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Error is a fault in the text of a cell.
type Error struct {
	Pos Position
	Msg string
	// Command reports whether the fault is in a command rather than in Go code.
	Command bool
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Pos, e.Msg) }

// ErrorList is the error that [Split] returns: all faults in order.
type ErrorList []*Error

func (l ErrorList) Error() string { return l.In("") }

// In lists the faults one a line, as the compiler does for a file of that name.
func (l ErrorList) In(file string) string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		if file != "" {
			b.WriteString(file + ":")
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// OnlyCommands reports whether all faults are in commands.
func (l ErrorList) OnlyCommands() bool {
	for _, e := range l {
		if !e.Command {
			return false
		}
	}
	return true
}

// FileName returns the name by which compilers and panics know the cell with
// the given number: the execution count, or 0 for a cell that has none.
func FileName(number int) string { return fmt.Sprintf("cell %d", number) }

// absolute is how the compiler goes on after a place in a cell when it mentions
// the place within a message: it adds the place in the program.
var absolute = regexp.MustCompile(`(cell \d+:\d+:\d+)\[[^\]\n]*:\d+:\d+\]`)

// TidyPlaces removes the places in the program's own file that compilers add to
// places in cells.
func TidyPlaces(output string) string { return absolute.ReplaceAllString(output, "$1") }

// lineIndex converts byte offsets of a text to positions.
type lineIndex []int // offsets of line starts

func indexLines(text string) lineIndex {
	starts := lineIndex{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func (l lineIndex) position(offset int) Position {
	line := sort.SearchInts(l, offset+1) // the first line that starts behind offset
	return Position{Line: line, Column: offset - l[line-1] + 1}
}
