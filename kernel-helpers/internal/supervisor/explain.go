package supervisor

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// failure is what an error reply tells: the kind of error, one line that says
// it, and the text to show. The text has ANSI colours, as Jupyter expects.
type failure struct {
	name, value string
	traceback   []string
}

// Kinds of failures, the ename of error replies.
const (
	compileError      = "CompileError"
	panicked          = "Panic"
	deadlock          = "Deadlock"
	dataRace          = "DataRace"
	testFailure       = "TestFailure"
	exitError         = "ExitError"
	keyboardInterrupt = "KeyboardInterrupt"
	kernelDied        = "KernelDied"
)

// ended is what is known about a cell that failed.
type ended struct {
	name    string   // what GoNB calls it
	value   string   // what GoNB says: the compiler's output, or "exit status 2"
	stderr  string   // the report that the program wrote at its end, if any
	test    bool     // it was a %test cell
	program []string // the lines of the program that GoNB made
	cells   *cells
}

// explain turns GoNB's account of a failed cell into ours: what kind of error,
// in which line of which cell, said once.
func explain(e ended) failure {
	switch {
	case programPlace.MatchString(e.value):
		return e.compile()
	case strings.Contains(e.stderr, "WARNING: DATA RACE"):
		return e.race()
	case strings.Contains(e.stderr, "all goroutines are asleep - deadlock!"):
		return e.crash(deadlock)
	case e.stderr != "":
		return e.crash(panicked)
	}
	if state := exitState.FindStringSubmatch(e.value); state != nil && e.name != compileError {
		if e.test {
			return simple(testFailure, "a test failed ("+state[1]+")")
		}
		return simple(exitError, state[1])
	}
	return simple(compileError, tidy(e.value))
}

func simple(name, value string) failure {
	return failure{name, firstLine(value), []string{red(name) + ": " + value}}
}

func red(s string) string  { return "\x1b[31m" + s + "\x1b[0m" }
func bold(s string) string { return "\x1b[1m" + s + "\x1b[0m" }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

var (
	// programPlace is a compiler's message: file, line, column, what is wrong.
	programPlace = regexp.MustCompile(`(?m)^\S*?main(?:_test)?\.go:(\d+):(\d+): (.*)$`)
	// exitState is how a program ended, at the end of what is about nothing else.
	exitState = regexp.MustCompile(`^[^\n]*?((?:exit status \d+|signal: [a-z ]+)(?: \(core dumped\))?)\n*$`)
	goNoise   = regexp.MustCompile(`(?m)^(# gonb_\S*|go: gonb_\S* imports|failed to run "[^"]*go[^"]*".*)\n?`)
	// goNote is GoNB's advice on go.work, which holds for its own programs only.
	goNote = regexp.MustCompile(`(?s)\n-{10,}\nNote: 'go get' .*`)
)

// tidy takes out of go's output what is about our temporary program.
func tidy(s string) string {
	return strings.TrimSpace(goNoise.ReplaceAllString(goNote.ReplaceAllString(s, ""), ""))
}

// compile shows each message of the compiler under the line that it's about.
func (e ended) compile() failure {
	f := failure{name: compileError}
	rest := e.value
	for {
		m := programPlace.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		if before := tidy(rest[:m[0]]); before != "" {
			f.traceback = append(f.traceback, before)
		}
		line, _ := strconv.Atoi(rest[m[2]:m[3]])
		col, _ := strconv.Atoi(rest[m[4]:m[5]])
		msg := rest[m[6]:m[7]]
		if f.value == "" {
			f.value = msg
		}
		f.traceback = append(f.traceback, e.pointed(msg, line, col))
		rest = rest[m[1]:]
	}
	if after := tidy(rest); after != "" {
		f.traceback = append(f.traceback, after)
	}
	return f
}

// pointed is one message with the line that it's about and a caret.
func (e ended) pointed(msg string, line, col int) string {
	p, ok := e.cells.find(e.program, line)
	var under string
	switch {
	case ok:
		under = caret(p.text, e.program[line-1], col)
	case strings.Contains(msg, "found 'EOF'"): // that's behind the cell
		if p, ok = e.cells.end(); ok {
			under = caret(p.text, p.text, len(p.text)+1)
		}
	}
	if !ok {
		return red(compileError) + ": " + msg
	}
	return fmt.Sprintf("%s: %s\n%s\n    %s\n    %s", red(compileError), msg, bold(p.String()), p.text, red(under))
}

// crash shows a panic or a deadlock: the message, and for each goroutine the
// places in cells and in the course's packages.
func (e ended) crash(name string) failure {
	report := e.stderr
	if i := strings.Index(report, "\nfatal error: "); i >= 0 && strings.HasPrefix(report, stackExceeds) {
		report = report[i+1:] // before that are addresses
	}
	head, goroutines, _ := strings.Cut(report, "\ngoroutine ")
	head, _, _ = strings.Cut(head, "\n\nruntime stack:")
	head = strings.TrimSpace(head)
	value := strings.TrimPrefix(strings.TrimPrefix(firstLine(head), "panic: "), "fatal error: ")
	said := strings.TrimPrefix(strings.TrimPrefix(head, "panic: "), "fatal error: ")
	f := failure{name: name, value: value, traceback: []string{red(name) + ": " + said}}
	if goroutines == "" {
		return f
	}
	blocks := strings.Split("goroutine "+goroutines, "\n\ngoroutine ")
	more := 0
	for i, block := range blocks {
		if i > 0 {
			block = "goroutine " + block
		}
		shown := e.stack(block)
		switch {
		case i > 0 && !strings.Contains(shown, "\n"): // it's one of Go's own
		case len(f.traceback) > maxGoroutines:
			more++
		default:
			f.traceback = append(f.traceback, shown)
		}
	}
	if more > 0 {
		f.traceback = append(f.traceback, fmt.Sprintf("… and %d more goroutines", more))
	}
	return f
}

// maxGoroutines is how many goroutines of a crash are shown.
const maxGoroutines = 10

// race shows the race detector's reports with the cells' lines.
func (e ended) race() failure {
	reports := strings.Split(e.stderr, "==================")
	f := failure{name: dataRace, value: "two goroutines used the same memory at the same time, and one of them wrote"}
	f.traceback = []string{red(dataRace) + ": " + f.value}
	for _, report := range reports {
		if strings.Contains(report, "WARNING: DATA RACE") {
			report = strings.TrimSpace(strings.Replace(report, "WARNING: DATA RACE", "", 1))
			f.traceback = append(f.traceback, e.stack(report))
		} else if n := strings.TrimSpace(report); n != "" {
			f.traceback = append(f.traceback, n)
		}
	}
	return f
}

var (
	// frameFile is the second line of a frame: where it is.
	frameFile = regexp.MustCompile(`^\s+(?:\x1b\[7m)?(?:\[\[.*?\]\])?(?:\x1b\[0m)?\s*(\S+\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?\s*$`)
	// addresses are in the first line of a goroutine if Go gave up.
	addresses = regexp.MustCompile(`(?m)^(goroutine \d+) gp=\S+ m=\S+(?: mp=\S+)? \[`)
	ansi      = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	gonbMark  = regexp.MustCompile(`\[\[ Cell.*?\]\] `)
	literal   = regexp.MustCompile(`main\.(\w+)\.func[0-9.]+(?:\(\))?`)
	// testPackage is what the program of a %test cell is called.
	testPackage = regexp.MustCompile(`\bgonb_[0-9a-f]+\.`)
	arguments   = regexp.MustCompile(`\((?:0x[0-9a-f]+|\.\.\.|\{|\}|[, _?])*\)$`)
)

// stack rewrites a goroutine's trace: lines of cells in place of lines of the
// program, no frames of the runtime or the standard library, no temporary paths.
func (e ended) stack(block string) string {
	block = addresses.ReplaceAllString(gonbMark.ReplaceAllString(ansi.ReplaceAllString(block, ""), ""), "$1 [")
	lines := strings.Split(block, "\n")
	var out, latest []string
	times := 0 // that the latest frame has come in a row
	say := func() {
		if times > 1 {
			out = append(out, fmt.Sprintf("        … %d times", times))
		}
		times, latest = 0, nil
	}
	created := "" // "Goroutine 8 created at:", of interest if that was in a cell
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " ")
		if i+1 >= len(lines) || !frameFile.MatchString(lines[i+1]) {
			switch {
			case strings.HasSuffix(line, " created at:"):
				created = line
			case line != "" && !strings.HasPrefix(line, "exit status"):
				say()
				out = append(out, line)
			}
			continue
		}
		i++
		m := frameFile.FindStringSubmatch(lines[i])
		n, _ := strconv.Atoi(m[2])
		if where := e.frame(m[1], n); where != "" {
			frame := []string{"    " + function(line), "        " + where}
			if created == "" && slices.Equal(frame, latest) {
				times++
				continue
			}
			say()
			if created != "" {
				out, created = append(out, created), ""
			}
			out = append(out, frame...)
			times, latest = 1, frame
		}
	}
	say()
	return strings.Join(out, "\n")
}

// function names a frame's function as the reader knows it.
func function(line string) string {
	line = testPackage.ReplaceAllString(arguments.ReplaceAllString(strings.TrimSpace(line), "()"), "main.")
	return literal.ReplaceAllString(line, "a function in $1")
}

// frame says where a frame is: in a cell, or in the course's own packages.
// Frames of Go itself and of other modules are left out.
func (e ended) frame(file string, line int) string {
	if base := file[strings.LastIndexByte(file, '/')+1:]; (base == "main.go" || base == "main_test.go") && strings.Contains(file, "gonb_") {
		p, ok := e.cells.find(e.program, line)
		if !ok {
			return ""
		}
		return bold(p.String()) + ": " + strings.TrimSpace(p.text)
	}
	for _, folder := range []string{"/workloads/", "/kernel-helpers/"} {
		if i := strings.LastIndex(file, folder); i >= 0 {
			return fmt.Sprintf("%s:%d", file[i+1:], line)
		}
	}
	return ""
}

// reportBegins are the first words of what Go writes to stderr when a program
// ends badly. From there on the text belongs to the error, not to the output.
var reportBegins = []string{"panic: ", "fatal error: ", stackExceeds, "==================\nWARNING: DATA RACE"}

// stackExceeds is what Go says of an endless recursion before the error itself.
const stackExceeds = "runtime: goroutine stack exceeds "

// splitReport divides what a cell wrote to stderr into its output and the
// report at its end.
func splitReport(stderr string) (output, report string) {
	at := -1
	for _, begin := range reportBegins {
		for from := 0; ; {
			i := strings.Index(stderr[from:], begin)
			if i < 0 {
				break
			}
			i += from
			if i == 0 || stderr[i-1] == '\n' {
				if at < 0 || i < at {
					at = i
				}
				break
			}
			from = i + 1
		}
	}
	if at < 0 {
		return stderr, ""
	}
	return stderr[:at], stderr[at:]
}

// mayBegin reports how much of the end of text could be the beginning of a
// report, so that it must wait for what follows.
func mayBegin(text string) int {
	longest := 0
	for _, begin := range reportBegins {
		for n := min(len(begin), len(text)); n > longest; n-- {
			if strings.HasSuffix(text, begin[:n]) && (n == len(text) || text[len(text)-n-1] == '\n') {
				longest = n
				break
			}
		}
	}
	return longest
}

// isTestCell reports whether a cell's tests are run (%test).
func isTestCell(code string) bool {
	return slices.ContainsFunc(strings.Split(code, "\n"), func(line string) bool {
		line = strings.TrimPrefix(line, "//gonb:")
		return line == "%test" || strings.HasPrefix(line, "%test ")
	})
}
