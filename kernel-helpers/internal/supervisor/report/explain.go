package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// FailedCell is what is known about a cell that failed.
type FailedCell struct {
	Name    string // GoNB's name of the error
	Value   string // GoNB's account: the compiler's output, or "exit status 2"
	Crash   string // the report that the program wrote when it crashed, or ""
	Test    bool   // the cell was a %test cell
	Program Program
}

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
	return NewFailure(CompileError, tidy(c.Value))
}

var (
	// programPlace is a compiler's message: file, line, column, text.
	programPlace = regexp.MustCompile(`(?m)^\S*?main(?:_test)?\.go:(\d+):(\d+): (.*)$`)
	// exitState is how a program ended, alone or at the end of a line.
	exitState = regexp.MustCompile(`^[^\n]*?((?:exit status \d+|signal: [a-z ]+)(?: \(core dumped\))?)\n*$`)
	goNoise   = regexp.MustCompile(`(?m)^(# gonb_\S*|go: gonb_\S* imports|failed to run "[^"]*go[^"]*".*)\n?`)
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
	rest := c.Value
	for {
		m := programPlace.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		if before := tidy(rest[:m[0]]); before != "" {
			f.Traceback = append(f.Traceback, before)
		}
		line, _ := strconv.Atoi(rest[m[2]:m[3]])
		col, _ := strconv.Atoi(rest[m[4]:m[5]])
		msg := rest[m[6]:m[7]]
		if f.Value == "" {
			f.Value = msg
		}
		f.Traceback = append(f.Traceback, c.pointed(msg, line, col))
		rest = rest[m[1]:]
	}
	if after := tidy(rest); after != "" {
		f.Traceback = append(f.Traceback, after)
	}
	return f
}

// pointed returns one message with the line that it is about and a caret.
func (c FailedCell) pointed(msg string, line, col int) string {
	p, ok := c.Program.find(line)
	var under string
	switch {
	case ok:
		under = caret(p.text, c.Program.Lines[line-1], col)
	case strings.Contains(msg, "found 'EOF'"): // the place is behind the cell
		if p, ok = c.Program.Sources.end(); ok {
			under = caret(p.text, p.text, len(p.text)+1)
		}
	}
	if !ok {
		return red(CompileError) + ": " + msg
	}
	return fmt.Sprintf("%s: %s\n%s\n    %s\n    %s", red(CompileError), msg, bold(p.String()), p.text, red(under))
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
	more := 0
	for i, block := range blocks {
		if i > 0 {
			block = "goroutine " + block
		}
		shown := c.Program.stack(block)
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
			f.Traceback = append(f.Traceback, c.Program.stack(report))
		} else if n := strings.TrimSpace(report); n != "" {
			f.Traceback = append(f.Traceback, n)
		}
	}
	return f
}
