package grader

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// frame matches a line of a trace that is in a cell.
var frame = regexp.MustCompile(`(?m)^\s+\S*` + compile.CellRoot + `([^\s:]+):(\d+)`)

var (
	raceBlock = regexp.MustCompile(`(?s)==================\nWARNING: DATA RACE\n(.*?)==================`)
	raceHead  = regexp.MustCompile(`^\S.*:$`)
	address   = regexp.MustCompile(` at 0x[0-9a-f]+`)
	goroutine = regexp.MustCompile(`goroutine \d+`)
)

// maxRaceReport is the longest race report that a result keeps, in bytes.
const maxRaceReport = 8000

// raceReport returns the first race report in what was printed, reduced to the
// lines of the answer's cells. It leaves out what differs from run to run:
// addresses are removed, and goroutines are numbered from 1.
func raceReport(printed string, e *course.Exercise) string {
	block := raceBlock.FindStringSubmatch(printed)
	if block == nil {
		return ""
	}
	answers := answerCells(e)
	var out []string
	head := ""
	seen := map[string]string{}
	number := func(g string) string {
		if seen[g] == "" {
			seen[g] = fmt.Sprintf("goroutine %d", len(seen)+1)
		}
		return seen[g]
	}
	for line := range strings.Lines(block[1]) {
		line = strings.TrimRight(line, "\n")
		if raceHead.MatchString(line) {
			head = goroutine.ReplaceAllStringFunc(address.ReplaceAllString(line, ""), number)
			continue
		}
		if m := frame.FindStringSubmatch(line); m != nil && slices.Contains(answers, m[1]) {
			if head != "" {
				out = append(out, head)
				head = ""
			}
			out = append(out, fmt.Sprintf("  line %s of %s", m[2], m[1]))
		}
	}
	return untrusted.Truncate(strings.Join(out, "\n"), maxRaceReport)
}

// answerCells returns the grade_ids of an exercise's answer cells.
func answerCells(e *course.Exercise) (cells []string) {
	for _, a := range e.Answers {
		cells = append(cells, a.Cell)
	}
	return cells
}
