package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Sources are the cells of a session, by their execution counts. Programs name
// places in them as "cell 3:5": package cell composes them so. Count 0 stands
// for the latest cell that has none.
type Sources map[int]string

// place is a line of a cell.
type place struct {
	cell, line int // both count from 1
	text       string
}

func (p place) String() string {
	if p.cell == 0 {
		return fmt.Sprintf("this cell, line %d", p.line)
	}
	return fmt.Sprintf("cell %d, line %d", p.cell, p.line)
}

// find returns the place with a cell's count and a line, given as digits. Its
// text is empty if the cell isn't known.
func (s Sources) find(count, line string) place {
	var p place
	p.cell, _ = strconv.Atoi(count) // only digits get here; a number too long is no cell
	p.line, _ = strconv.Atoi(line)
	lines := strings.Split(s[p.cell], "\n")
	if p.line >= 1 && p.line <= len(lines) {
		p.text = strings.TrimSuffix(lines[p.line-1], "\r")
	}
	return p
}

// caret returns a line with a caret below column col (in bytes, from 1) of a
// line. Tabs stay tabs, so the caret is right whatever their width.
func caret(line string, col int) string {
	at := max(0, min(col-1, len(line)))
	var b strings.Builder
	for _, r := range line[:runeStart(line, at)] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String() + "^"
}
