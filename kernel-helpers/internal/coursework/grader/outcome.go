package grader

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
	"example.com/speedup/kernel-helpers/probe"
)

// outcome is how one test ended.
type outcome struct {
	status  course.Status
	log     string // what the testing package printed
	printed string // what the answer printed, with traces and race reports
	exit    string // how the program ended, if it did during this test
	runs    []course.Run
	took    time.Duration
	review  string // why a person should look at the answer, or ""

	observed    []probe.Observation
	differences []string // what was observed and isn't as it should be

	contradictory bool // the test would have passed, but for the contradiction that review names
}

// The longest texts that a result keeps, in bytes.
const (
	maxMessage   = 4000
	maxLastWords = 500
)

// result describes a test's outcome to the student.
func (o outcome) result(e *course.Exercise, c course.Case) course.TestResult {
	r := course.TestResult{Name: c.Name, Asks: c.Asks, Hidden: c.Hidden, MaxPoints: c.Points, Status: o.status, Review: o.review}
	switch o.status {
	case course.Passed:
		r.Points = c.Points
	case course.Raced:
		r.Messages = []string{raceMessage(o.printed, e, c.Hidden)}
		r.Messages = append(r.Messages, logged(o.log)...)
	case course.Failed:
		r.Messages = logged(o.log)
		if len(o.differences) > 0 { // they come first and say more
			r.Messages = append(slices.Clone(o.differences), slices.DeleteFunc(r.Messages, probe.IsGuess)...)
		}
		if o.contradictory {
			r.Messages = []string{"the test passed, but the reports about it contradict each other: a person has to look at this answer"}
		}
		if len(r.Messages) == 0 {
			r.Messages = []string{"the test failed without a message"}
		}
	default:
		r.Messages = append(r.Messages, o.exit)
		why := lastWords(o.printed, e, c.Hidden)
		switch {
		case why == "":
		case died.MatchString(o.printed): // the reason says more than the exit status
			r.Messages = []string{why, o.exit}
		default:
			r.Messages = append(r.Messages, why)
		}
	}
	if !c.Hidden {
		r.Runs = o.runs
		if o.status == course.Raced {
			r.Race = raceReport(o.printed, e)
		}
	}
	return r
}

// header matches a line that the testing package prints about a test.
var header = regexp.MustCompile(`^\s*(--- (FAIL|PASS|SKIP): |=== |FAIL|PASS|testing\.go:\d+: race detected)`)

// logLine matches the first line of a message of t.Error and the like.
var logLine = regexp.MustCompile(`^\s+\S+:\d+: (.*)$`)

// logged returns the messages in what the testing package printed of a test.
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
		messages[i] = untrusted.Truncate(strings.TrimRight(messages[i], "\n"), maxMessage)
	}
	return slices.DeleteFunc(messages, func(m string) bool { return strings.TrimSpace(m) == "" })
}

// died matches the first line that Go prints when a program ends suddenly.
var died = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*|runtime: out of memory.*)$`)

// goReasons are the reasons that Go itself gives for panics and fatal errors.
var goReasons = []string{
	"all goroutines are asleep - deadlock!", "assignment to entry in nil map", "close of closed channel", "close of nil channel",
	"concurrent map iteration and map write", "concurrent map read and map write", "concurrent map writes", "index out of range",
	"integer divide by zero", "interface conversion", "invalid memory address or nil pointer dereference", "out of memory",
	"send on closed channel", "slice bounds out of range", "stack overflow", "sync: negative WaitGroup counter",
	"sync: RUnlock of unlocked RWMutex", "sync: Unlock of unlocked RWMutex", "sync: unlock of unlocked mutex",
}

// withoutValues returns what a student may learn of a panic in a hidden test. An
// answer might panic with its input, to reveal it.
func withoutValues(why string) string {
	kind, _, _ := strings.Cut(why, ": ")
	for _, reason := range goReasons {
		if strings.Contains(why, reason) {
			return kind + ": " + reason
		}
	}
	return kind + " (its value is not shown, as the test is hidden)"
}

// lastWords summarizes a trace in a sentence: the panic, and the first line of
// the answer below it.
func lastWords(printed string, e *course.Exercise, hidden bool) string {
	why, rest := "", printed
	if at := died.FindStringIndex(printed); at != nil {
		why = strings.TrimSuffix(printed[at[0]:at[1]], " [recovered, repanicked]")
		rest = printed[at[1]:]
		if hidden {
			why = withoutValues(why)
		}
	}
	advised := why
	if change := probe.Advice(why); change != "" {
		advised = why + ": " + change
	}
	answers := answerCells(e)
	for _, m := range frame.FindAllStringSubmatch(rest, -1) {
		if !slices.Contains(answers, m[1]) {
			continue
		}
		switch {
		case strings.Contains(why, "stack overflow"):
			name, line := callee(rest, m[0], e, hidden), m[2]
			// The first line is where the stack ended; the ones below it made the calls.
			if calls := frame.FindAllStringSubmatch(rest, 3); calls[len(calls)-1][1] == m[1] {
				line = calls[len(calls)-1][2]
			}
			return fmt.Sprintf("stack overflow: %s calls itself without end, in line %s of %s. Let it end before it calls itself", name, line, m[1])
		case why == "":
			advised = "the answer"
		}
		return fmt.Sprintf("%s, in line %s of %s", untrusted.Truncate(advised, maxLastWords), m[2], m[1])
	}
	return untrusted.Truncate(advised, maxLastWords)
}

// callee returns the function that a trace names above a line; for a hidden test
// only if the exercise asks for it.
func callee(trace, line string, e *course.Exercise, hidden bool) string {
	above, _, _ := strings.Cut(trace, line)
	above = strings.TrimRight(above, "\n")
	name := above[strings.LastIndex(above, "\n")+1:]
	for _, f := range courseFunctions(e) {
		plain := strings.NewReplacer("(*", "", ")", "").Replace(name)
		if strings.Contains(plain, "."+f+"(") || strings.Contains(plain, "."+f+"[") || strings.Contains(plain, "."+f+".") {
			return f
		}
	}
	if m := traceName.FindStringSubmatch(name); m != nil && !hidden {
		return m[1]
	}
	return "a function"
}

// traceName matches a function of an exercise in a trace.
var traceName = regexp.MustCompile(`^answer/[^.]+\.(\w+)`)

// racePlace matches a place in what [raceReport] returns.
var racePlace = regexp.MustCompile(`line (\d+) of (\S+)`)

// raceMessage says what a race is, and for visible tests where it was.
func raceMessage(printed string, e *course.Exercise, hidden bool) string {
	const what = "a data race: two goroutines use the same memory at the same time, and at least one of them writes"
	const change = "Guard both with one lock, or let one goroutine hand the value to the other"
	if !hidden {
		var places []string
		for _, m := range racePlace.FindAllStringSubmatch(raceReport(printed, e), -1) {
			if place := fmt.Sprintf("line %s of %s", m[1], m[2]); len(places) < 2 && !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		if len(places) > 0 {
			return fmt.Sprintf("%s (%s). %s", what, strings.Join(places, ", "), change)
		}
	}
	return what + ". " + change
}
