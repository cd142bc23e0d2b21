package coursework

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// result puts a test's outcome into words.
func (o outcome) result(e *Exercise, c Case) TestResult {
	r := TestResult{Name: c.Name, Asks: c.Asks, Hidden: c.Hidden, MaxPoints: c.Points, Status: o.status}
	switch o.status {
	case Passed:
		r.Points = c.Points
	case Raced:
		r.Messages = []string{"the race detector saw two goroutines use the same memory at the same time, at least one of them writing"}
		r.Messages = append(r.Messages, logged(o.log)...)
	case Failed:
		r.Messages = logged(o.log)
		if len(r.Messages) == 0 {
			r.Messages = []string{"the test failed without a message"}
		}
	default:
		r.Messages = append(r.Messages, o.exit)
		if why := lastWords(o.printed, e, c.Hidden); why != "" {
			r.Messages = append(r.Messages, why)
		}
	}
	if !c.Hidden {
		r.Runs = o.runs
		if o.status == Raced {
			r.Race = raceReport(o.printed, e)
		}
	}
	return r
}

// header is a line of the testing package about a test, or its race.
var header = regexp.MustCompile(`^\s*(--- (FAIL|PASS|SKIP): |=== |FAIL|PASS|testing\.go:\d+: race detected)`)

// logLine begins a message of t.Log, t.Error and the like.
var logLine = regexp.MustCompile(`^\s+\S+:\d+: (.*)$`)

// logged takes the messages out of what the testing package printed of a test.
func logged(log string) (messages []string) {
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		switch m := logLine.FindStringSubmatch(line); {
		case header.MatchString(line), strings.TrimSpace(line) == "" && len(messages) == 0:
		case m != nil:
			messages = append(messages, m[1])
		case len(messages) > 0:
			messages[len(messages)-1] += "\n" + strings.TrimPrefix(line, "            ")
		}
	}
	for i := range messages {
		messages[i] = limit(strings.TrimRight(messages[i], "\n"), 4000)
	}
	return slices.DeleteFunc(messages, func(m string) bool { return strings.TrimSpace(m) == "" })
}

// died is the first line of what Go prints of a program's sudden end.
var died = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*|runtime: out of memory.*)$`)

// frame is a line of a trace that is in a cell.
var frame = regexp.MustCompile(`(?m)^\s+\S*` + cellRoot + `([^\s:]+):(\d+)`)

// goSays are the reasons of panics and fatal errors that Go itself gives.
var goSays = []string{
	"all goroutines are asleep - deadlock!", "assignment to entry in nil map", "close of closed channel", "close of nil channel",
	"concurrent map iteration and map write", "concurrent map read and map write", "concurrent map writes", "index out of range",
	"integer divide by zero", "interface conversion", "invalid memory address or nil pointer dereference", "out of memory",
	"send on closed channel", "slice bounds out of range", "stack overflow", "sync: negative WaitGroup counter",
	"sync: RUnlock of unlocked RWMutex", "sync: Unlock of unlocked RWMutex", "sync: unlock of unlocked mutex",
}

// withoutValues is what may be told of the end of a hidden test. An answer may
// panic with what the test has given to it, to learn that.
func withoutValues(why string) string {
	kind, _, _ := strings.Cut(why, ": ")
	for _, reason := range goSays {
		if strings.Contains(why, reason) {
			return kind + ": " + reason
		}
	}
	return kind + " (its value is not shown, as the test is hidden)"
}

// lastWords says in a sentence what a trace tells: the panic, and the first
// line of the answer in it.
func lastWords(printed string, e *Exercise, hidden bool) string {
	why, rest := "", printed
	if at := died.FindStringIndex(printed); at != nil {
		why = strings.TrimSuffix(printed[at[0]:at[1]], " [recovered, repanicked]")
		rest = printed[at[1]:]
		if hidden {
			why = withoutValues(why)
		}
	}
	var answers []string
	for _, a := range e.Answers {
		answers = append(answers, a.Cell)
	}
	for _, m := range frame.FindAllStringSubmatch(rest, -1) {
		if slices.Contains(answers, m[1]) {
			if why == "" {
				why = "the answer"
			}
			return fmt.Sprintf("%s, in line %s of %s", limit(why, 500), m[2], m[1])
		}
	}
	return limit(why, 500)
}

var (
	raceBlock = regexp.MustCompile(`(?s)==================\nWARNING: DATA RACE\n(.*?)==================`)
	raceHead  = regexp.MustCompile(`^\S.*:$`)
	address   = regexp.MustCompile(` at 0x[0-9a-f]+`)
	goroutine = regexp.MustCompile(`goroutine \d+`)
)

// raceReport is the first race report in what was printed, with the lines of
// the answer's cells alone. What differs from run to run is left out: addresses,
// and the numbers of goroutines, which are counted from 1.
func raceReport(printed string, e *Exercise) string {
	block := raceBlock.FindStringSubmatch(printed)
	if block == nil {
		return ""
	}
	var answers []string
	for _, a := range e.Answers {
		answers = append(answers, a.Cell)
	}
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
	return limit(strings.Join(out, "\n"), 8000)
}

// limit cuts long texts, between characters.
func limit(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + fmt.Sprintf(" … (%d more bytes)", len(s)-cut)
}
