package supervisor

import (
	"fmt"
	"strings"
)

// cells are the cells that ran in this session: their source by execution
// count. Errors name places in the program that GoNB made of them; cells know
// where those places are in what the reader wrote.
type cells struct {
	sources map[int]string
	current int // the execution count of the cell at work
}

// place is a line of a cell.
type place struct {
	cell, line int // both count from 1
	text       string
}

func (p place) String() string { return fmt.Sprintf("cell %d, line %d", p.cell, p.line) }

// around is how many lines before and after a line are compared to tell it
// from others that read the same.
const around = 3

// find returns the place of line n (from 1) of program. GoNB moves
// declarations and keeps their lines as they are, so it's the line that reads
// the same, with the most similar neighbours, in the cell at work or else in the
// latest one before it.
func (c *cells) find(program []string, n int) (place, bool) {
	if n < 1 || n > len(program) || strings.TrimSpace(program[n-1]) == "" {
		return place{}, false
	}
	for count := c.current; count > 0; count-- {
		source, ok := c.sources[count]
		if !ok || count < c.current && !telling(program[n-1]) {
			continue
		}
		lines := strings.Split(source, "\n")
		best, bestScore := -1, -1
		for i, line := range lines {
			if !same(line, program[n-1]) {
				continue
			}
			if score := similarity(lines, i, program, n-1); score > bestScore {
				best, bestScore = i, score
			}
		}
		if best >= 0 {
			return place{count, best + 1, lines[best]}, true
		}
	}
	return place{}, false
}

// end returns the last line of the cell at work that isn't empty.
func (c *cells) end() (place, bool) {
	lines := strings.Split(c.sources[c.current], "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.TrimSpace(lines[i]) != "" {
			return place{c.current, i + 1, lines[i]}, true
		}
	}
	return place{}, false
}

// telling reports whether a line has enough to it to be told from others. A lone
// bracket is in every cell.
func telling(line string) bool {
	return len(strings.Trim(line, " \t(){}[],;")) >= 3
}

func same(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

func similarity(a []string, i int, b []string, j int) (score int) {
	for d := -around; d <= around; d++ {
		if i+d >= 0 && i+d < len(a) && j+d >= 0 && j+d < len(b) && same(a[i+d], b[j+d]) {
			score++
		}
	}
	return score
}

// caret returns a line that points at column col (in bytes, from 1) of the
// program's line, under the same line as the cell has it. Tabs stay tabs, so it
// points right whatever their width.
func caret(cellLine, programLine string, col int) string {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }
	at := col - 1 - indent(programLine) + indent(cellLine)
	at = max(0, min(at, len(cellLine)))
	var b strings.Builder
	for _, r := range cellLine[:runeStart(cellLine, at)] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String() + "^"
}
