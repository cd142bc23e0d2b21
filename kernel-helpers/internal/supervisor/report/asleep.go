package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/waits"
)

var (
	// goroutineHead is the first line of a goroutine's trace: why it waits.
	goroutineHead = regexp.MustCompile(`^(?:goroutine )?\d+(?: gp=.*?)? \[([^\],]+)[^\]]*\]:`)
	creator       = regexp.MustCompile(`^created by `)
)

// whoWaits says in a line for each channel or lock, and each place, how many
// goroutines wait there. The blocks are the traces of all goroutines.
func (s Sources) whoWaits(blocks []string) []string {
	type group struct {
		text  string
		count int
	}
	var groups []*group
	for _, block := range blocks {
		text := s.waiting(block)
		if text == "" {
			continue
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return g.text == text })
		if i < 0 {
			groups = append(groups, &group{text: text})
			i = len(groups) - 1
		}
		groups[i].count++
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, "    "+waits.Are(g.count, g.text))
	}
	if len(lines) == 0 {
		return nil
	}
	return []string{strings.Join(lines, "\n")}
}

// waiting describes a goroutine that waits in a cell, or returns "".
func (s Sources) waiting(block string) string {
	head := goroutineHead.FindStringSubmatch(block)
	if head == nil {
		return ""
	}
	lines := strings.Split(block, "\n")
	direct, created := true, false
	text := ""
	for i := 1; i+1 < len(lines); i += 2 {
		created = creator.MatchString(lines[i])
		m := frameFile.FindStringSubmatch(lines[i+1])
		if m == nil {
			continue
		}
		cell := cellFile.FindStringSubmatch(m[1])
		switch {
		case cell == nil:
			direct = direct && waits.IsLow(lines[i])
		case created:
			if text != "" {
				text += ", started at " + s.find(cell[1], m[2]).String()
			}
		case text == "":
			p := s.find(cell[1], m[2])
			about := ""
			if direct {
				about = waits.Read(s[p.cell]).About(p.line, head[1])
			}
			text = fmt.Sprintf("%s at %s", waits.State(head[1], about), p)
		}
	}
	return text
}
