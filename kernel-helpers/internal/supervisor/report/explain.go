package report

import (
	"fmt"
	"regexp"
	"strings"
)

// Explain turns GoNB's account of a failed cell into ours, which says once what
// kind of error it is and which line of which cell it is about.
func Explain(c FailedCell) Failure {
	switch {
	case programPlace.MatchString(c.Value):
		return c.compile()
	case strings.Contains(c.Crash, "WARNING: DATA RACE"):
		return c.race()
	case strings.Contains(c.Crash, "all goroutines are asleep - deadlock!"):
		return c.crash(Deadlock)
	case c.Crash != "":
		return c.crash(Panic)
	}
	if state := exitState.FindStringSubmatch(c.Value); state != nil && c.Name != CompileError {
		if c.Test {
			return NewFailure(TestFailure, "a test failed ("+state[1]+")")
		}
		return NewFailure(ExitError, state[1])
	}
	if f, found := c.missing(); found {
		return f
	}
	return NewFailure(CompileError, tidy(c.Value))
}

var (
	// programPlace is a message about a place in a cell: count, line, column, text.
	// One that is indented goes on with the message before it.
	programPlace = regexp.MustCompile(`(?m)^(\t)?(?:\S*/)?cell (\d+):(\d+):(?:(\d+):)? (.*)$`)
	// exitState is how a program ended, alone or at the end of a line.
	exitState = regexp.MustCompile(`^[^\n]*?((?:exit status \d+|signal: [a-z ]+)(?: \(core dumped\))?)\n*$`)
	// mentioned is a place in a cell within a message.
	mentioned = regexp.MustCompile(`\b(?:\S*/)?cell (\d+):(\d+)(?::\d+)?\b`)
	goNoise   = regexp.MustCompile(`(?m)^(# \[?gonb_\S*|go: (?:downloading|finding|found|trying|added|upgraded) .*|go: gonb_\S* imports|failed to run "[^"]*go[^"]*".*)\n?`)
	// goNote is GoNB's advice on go.work, which is of no use behind the supervisor.
	goNote = regexp.MustCompile(`(?s)\n-{10,}\nNote: 'go get' .*`)
)

// tidy removes from go's output what is about our temporary program.
func tidy(s string) string {
	return strings.TrimSpace(goNoise.ReplaceAllString(goNote.ReplaceAllString(s, ""), ""))
}

// compile shows each message of the compiler with the line of the cell that it
// is about.
func (c FailedCell) compile() Failure {
	f := Failure{Name: CompileError}
	if c.Name == CommandError {
		f.Name = CommandError
	}
	rest := c.Value
	for {
		m := programPlace.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		if before := tidy(rest[:m[0]]); before != "" {
			f.Traceback = append(f.Traceback, before)
		}
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return rest[m[2*i]:m[2*i+1]]
		}
		msg := mentioned.ReplaceAllStringFunc(group(5), func(found string) string {
			m := mentioned.FindStringSubmatch(found)
			return c.Sources.find(m[1], m[2]).String()
		})
		if f.Value == "" {
			f.Value = msg
		}
		label := red(f.Name) + ": "
		if group(1) != "" {
			label = ""
		}
		f.Traceback = append(f.Traceback, label+msg+c.pointed(group(2), group(3), group(4)))
		rest = rest[m[1]:]
	}
	if after := tidy(rest); after != "" {
		f.Traceback = append(f.Traceback, after)
	}
	return f
}

// maxGoroutines is how many goroutines of a crash are shown.
const maxGoroutines = 10

// crash shows a panic or a deadlock: the message, and for each goroutine the
// places in cells and in the course's packages.
func (c FailedCell) crash(name string) Failure {
	report := c.Crash
	if i := strings.Index(report, "\nfatal error: "); i >= 0 && strings.HasPrefix(report, stackExceeds) {
		report = report[i+1:] // only addresses come before it
	}
	head, goroutines, _ := strings.Cut(report, "\ngoroutine ")
	head, _, _ = strings.Cut(head, "\n\nruntime stack:")
	head = strings.TrimSpace(head)
	value := strings.TrimPrefix(strings.TrimPrefix(FirstLine(head), "panic: "), "fatal error: ")
	message := strings.TrimPrefix(strings.TrimPrefix(head, "panic: "), "fatal error: ")
	f := Failure{Name: name, Value: value, Traceback: []string{red(name) + ": " + message}}
	if goroutines == "" {
		return f
	}
	blocks := strings.Split("goroutine "+goroutines, "\n\ngoroutine ")
	if name == Deadlock {
		f.Traceback = append(f.Traceback, c.Sources.whoWaits(blocks)...)
	}
	more := 0
	for i, block := range blocks {
		if i > 0 {
			block = "goroutine " + block
		}
		shown := c.Sources.stack(block)
		switch {
		case i > 0 && !strings.Contains(shown, "\n"): // one of Go's own goroutines
		case len(f.Traceback) > maxGoroutines:
			more++
		default:
			f.Traceback = append(f.Traceback, shown)
		}
	}
	if more > 0 {
		f.Traceback = append(f.Traceback, fmt.Sprintf("… and %d more goroutines", more))
	}
	return f
}

// race shows the race detector's reports with the lines of cells.
func (c FailedCell) race() Failure {
	reports := strings.Split(c.Crash, "==================")
	f := Failure{Name: DataRace, Value: "two goroutines used the same memory at the same time, and one of them wrote"}
	f.Traceback = []string{red(DataRace) + ": " + f.Value}
	for _, report := range reports {
		if strings.Contains(report, "WARNING: DATA RACE") {
			report = strings.TrimSpace(strings.Replace(report, "WARNING: DATA RACE", "", 1))
			f.Traceback = append(f.Traceback, c.Sources.stack(report))
		} else if n := strings.TrimSpace(report); n != "" {
			f.Traceback = append(f.Traceback, n)
		}
	}
	return f
}
