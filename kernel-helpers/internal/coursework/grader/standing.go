package grader

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// A probe lists goroutines like this: "    chan send in Merge.func1 (merge:16), started
// in Merge (merge:12) (3 such goroutines)". A hidden test's list has no places.
var listed = regexp.MustCompile(`^    ([^,()]+?(?: \([a-z ]+\))?)( in [^,]*?)?(?: \(([^\s:()]+):(\d+)\))?(, started in .*?)?(?: \((\d+) such goroutines\))?$`)

const (
	blocked     = "deadlock: all goroutines are blocked"
	nobody      = ". Nobody is left who sends, receives or unlocks what these wait for"
	standsStill = "your program stands still: "
)

// standing reads in a message what goroutines wait for, and returns the message with
// that in words. The cells of the answer tell which channel a line is about.
func standing(message string, sources map[string]*waits.Source) (string, []waits.Group) {
	lines := strings.Split(message, "\n")
	var groups []waits.Group
	for i, line := range lines[1:] {
		m := listed.FindStringSubmatch(line)
		if m == nil || !waits.Known(m[1]) {
			continue
		}
		g := waits.Group{Count: 1, Reason: m[1]}
		if source := sources[m[3]]; source != nil {
			n, _ := strconv.Atoi(m[4]) // digits; too many are no line
			g.About = source.About(n, g.Reason)
			g.Place = fmt.Sprintf("line %s of %s", m[4], m[3])
		}
		if m[6] != "" {
			g.Count, _ = strconv.Atoi(m[6])
		}
		groups = append(groups, g)
		lines[i+1] = "    " + waits.State(g.Reason, g.About) + strings.TrimPrefix(line, "    "+m[1])
	}
	if after, found := strings.CutPrefix(lines[0], blocked); found && len(groups) > 0 && len(sources) > 0 {
		if after == nobody && slices.ContainsFunc(groups, func(g waits.Group) bool { return g.Missing() != "" }) {
			after = "" // the summary says it
		}
		lines[0] = "deadlock: " + standsStill + waits.Summary(groups) + after
	}
	return strings.Join(lines, "\n"), groups
}

// traceHead is the first line of a goroutine's trace.
var traceHead = regexp.MustCompile(`(?m)^goroutine \d+ (?:gp=.*?)?\[([^\],]+)[^\]]*\]:$`)

// standingTraces reads in the traces of a program that was ended what goroutines wait
// for in the cells of the answer. It returns nothing if one of them doesn't wait.
func standingTraces(printed string, sources map[string]*waits.Source) (groups []waits.Group) {
	heads := traceHead.FindAllStringSubmatchIndex(printed, -1)
	for i, at := range heads {
		end := len(printed)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		block := printed[at[1]:end]
		block, _, _ = strings.Cut(block, "\ncreated by ")
		m := frame.FindStringSubmatchIndex(block)
		if m == nil || sources[block[m[2]:m[3]]] == nil {
			continue
		}
		g := waits.Group{Count: 1, Reason: strings.TrimSuffix(printed[at[2]:at[3]], " (durable)")}
		if !waits.Known(g.Reason) || g.Reason == "sleep" {
			return nil
		}
		name := block[m[2]:m[3]]
		line, _ := strconv.Atoi(block[m[4]:m[5]])
		if direct(block[:m[0]]) {
			g.About = sources[name].About(line, g.Reason)
		}
		g.Place = fmt.Sprintf("line %d of %s", line, name)
		if j := slices.IndexFunc(groups, func(h waits.Group) bool { return h.Reason == g.Reason && h.About == g.About && h.Place == g.Place }); j >= 0 {
			groups[j].Count++
			continue
		}
		groups = append(groups, g)
	}
	return groups
}

// direct reports whether the calls above an answer's line are only those that waiting
// is made of. The last one is the answer's own.
func direct(above string) bool {
	var calls []string
	for line := range strings.Lines(above) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "/") && strings.Contains(line, "(") {
			calls = append(calls, line)
		}
	}
	return !slices.ContainsFunc(calls[:max(0, len(calls)-1)], func(call string) bool { return !waits.IsLow(call) })
}

// answerSources returns what the texts of an exercise's answers say, by cell.
func answerSources(answers []course.Code) map[string]*waits.Source {
	sources := map[string]*waits.Source{}
	for _, a := range answers {
		sources[a.Cell] = waits.Read(a.Text)
	}
	return sources
}

// explainWaits says in the messages of a test's result what goroutines wait for, in
// words. If the program stood still and the test isn't hidden, the result says it, too,
// for a picture.
func (o outcome) explainWaits(r *course.TestResult, answers []course.Code) {
	var sources map[string]*waits.Source
	if !r.Hidden {
		sources = answerSources(answers)
	}
	for i, message := range r.Messages {
		text, groups := standing(message, sources)
		r.Messages[i] = untrusted.Truncate(text, maxMessage)
		if strings.HasPrefix(text, "deadlock: "+standsStill) {
			r.Waits = kept(groups)
		}
	}
	if r.Hidden || r.Status != course.TimedOut && r.Status != course.Crashed {
		return
	}
	if groups := standingTraces(o.printed, sources); len(groups) > 0 {
		text := standsStill + waits.Summary(groups)
		for _, g := range groups {
			text += "\n    " + g.String() + " in " + g.Place
		}
		if r.Status == course.TimedOut { // one line of an answer that waits says less
			r.Messages = []string{o.exit}
		}
		r.Messages = append(r.Messages, untrusted.Truncate(text, maxMessage))
		r.Waits = kept(groups)
	}
}

// maxWaits is how many groups of goroutines a result keeps.
const maxWaits = 12

// kept returns groups as a result keeps them.
func kept(groups []waits.Group) (list []course.Wait) {
	for _, g := range groups[:min(len(groups), maxWaits)] {
		list = append(list, course.Wait{
			Count: g.Count, State: untrusted.Truncate(waits.State(g.Reason, g.About), maxLastWords),
			On: untrusted.Truncate(g.About, maxLastWords), Missing: g.Missing(), Place: g.Place,
		})
	}
	return list
}
