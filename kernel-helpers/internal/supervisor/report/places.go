package report

import (
	"fmt"
	"strings"
)

// Sources are the cells of a session. Errors name places in the program that
// GoNB composed of them; Sources find those places in what the user wrote.
type Sources struct {
	ByCount map[int]string // the text of each cell by its execution count
	Current int            // the execution count of the cell that is running
}

// place is a line of a cell.
type place struct {
	cell, line int // both count from 1
	text       string
}

func (p place) String() string { return fmt.Sprintf("cell %d, line %d", p.cell, p.line) }

// around is how many lines before and after a line are compared to tell it
// from others with the same text.
const around = 3

// find returns the place of line n (from 1) of program. GoNB moves declarations
// but doesn't change their lines. So find looks for a line with the same text in
// the current cell, then in earlier cells, the latest first. Among several it
// takes the one with the most similar neighbours.
func (s Sources) find(program []string, n int) (place, bool) {
	if n < 1 || n > len(program) || strings.TrimSpace(program[n-1]) == "" {
		return place{}, false
	}
	for count := s.Current; count > 0; count-- {
		source, ok := s.ByCount[count]
		if !ok || count < s.Current && !distinctive(program[n-1]) {
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

// end returns the last line of the current cell that isn't blank.
func (s Sources) end() (place, bool) {
	lines := strings.Split(s.ByCount[s.Current], "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.TrimSpace(lines[i]) != "" {
			return place{s.Current, i + 1, lines[i]}, true
		}
	}
	return place{}, false
}

// distinctive reports whether a line has enough text to be told from others.
// Every cell has lone brackets.
func distinctive(line string) bool {
	return len(strings.Trim(line, " \t(){}[],;")) >= 3
}

func same(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// similarity counts the lines around a[i] and b[j] that are the same.
func similarity(a []string, i int, b []string, j int) (score int) {
	for d := -around; d <= around; d++ {
		if i+d >= 0 && i+d < len(a) && j+d >= 0 && j+d < len(b) && same(a[i+d], b[j+d]) {
			score++
		}
	}
	return score
}

// caret returns a line with a caret below column col (in bytes, from 1) of
// programLine, to be shown below cellLine, which differs from programLine at most
// in its indentation. Tabs stay tabs, so the caret is right whatever their width.
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
