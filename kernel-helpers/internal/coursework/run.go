package coursework

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/verdict"
	"example.com/speedup/kernel-helpers/probe"
)

// The limits of a test program. Its memory is looked at by the grader: see
// watched.
var runLimits = limits{CPU: 60, Processes: 1024, FileSize: 16 << 20, Files: 256}

const (
	startTime  = 15 * time.Second // of a program until its first test
	testTime   = 15 * time.Second // of one test; those of the course take milliseconds, and a probe gives up after 5 s
	mostOutput = 1 << 20          // bytes, of each of the two streams
	tracesTime = time.Second      // for the goroutines' traces of a test that took too long
	slowTime   = testTime / 3     // from then on a test is slow, also if it ends
	mostSlow   = 2                // slow tests of an exercise, after which the rest isn't run
)

// outcome is how one test ended.
type outcome struct {
	status  Status
	log     string // of the testing package
	printed string // of the answer, with traces and race reports
	exit    string // how the program ended, where it did in this test
	runs    []Run
	took    time.Duration
}

// testName is a test of a program: EXERCISE/TEST.
func testName(e *Exercise, c Case) string { return e.Name + "/" + c.Name }

// runTests runs tests of a program. After a test that didn't pass, the next one
// gets a new process: what it left behind harms no other.
func (p *program) runTests(ctx context.Context, file string, tests []string) (map[string]outcome, error) {
	outcomes := map[string]outcome{}
	slow := map[string]int{}
	for len(tests) > 0 {
		exercise, _, _ := strings.Cut(tests[0], "/")
		if slow[exercise] >= mostSlow {
			outcomes[tests[0]] = outcome{status: NotRun, exit: fmt.Sprintf("not run, as %d tests before it took more than %v each", mostSlow, slowTime)}
			tests = tests[1:]
			continue
		}
		done, err := retry(ctx, func() (map[string]outcome, error) { return p.runSome(ctx, file, tests) })
		if err != nil {
			return nil, err
		}
		ended := 0
		for _, name := range tests {
			o, ok := done[name]
			if !ok {
				break
			}
			outcomes[name] = o
			ended++
			if o.status == TimedOut || o.took > slowTime {
				exercise, _, _ := strings.Cut(name, "/")
				slow[exercise]++
				if p.slow != nil && !p.yielding {
					if err := p.slow(ctx); err != nil {
						return nil, err
					}
				}
				p.yielding = true
			}
		}
		tests = tests[ended:]
	}
	return outcomes, nil
}

// errStart says that a program ended before its first test: while the answers'
// variables were given their values.
type errStart struct {
	reason  Status
	printed string
	exit    string
}

func (e *errStart) Error() string { return "the tests could not begin: " + e.exit }

// runSome runs tests in one process until one doesn't pass. It returns the
// outcomes of a beginning of tests, of at least one.
func (p *program) runSome(ctx context.Context, file string, tests []string) (map[string]outcome, error) {
	nonce := rand.Text()
	orders, err := json.Marshal(verdict.Orders{Nonce: nonce, Tests: tests, Hidden: p.hidden})
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	events, verdicts, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	defer events.Close()
	defer verdicts.Close()
	running, cancel := context.WithCancel(ctx)
	limits := runLimits
	if p.yielding {
		limits.Nice = 19
	}
	cmd, err := p.sandbox.command(running, launch{
		reach: reach{read: []string{file}}, self: p.self(), as: p.sandbox.as, limits: limits,
		env: []string{"GORACE=atexit_sleep_ms=0", "GOTRACEBACK=all"}, report: true, argv: []string{file},
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("coursework: %w", err)
	}
	cmd.ExtraFiles = []*os.File{verdicts}
	cmd.Stdin = bytes.NewReader(orders)
	w := newWatched(cmd, cancel)
	full := func() { w.stop(overOutput) }
	log, printed := &bounded{most: mostOutput, full: full}, &bounded{most: mostOutput, full: full}
	cmd.Stdout, cmd.Stderr = log, printed
	if err := w.start(); err != nil {
		return nil, fmt.Errorf("coursework: start the tests: %w", err)
	}
	verdicts.Close()

	clock := newClock(w, p.startTime, p.testTime)
	seen := make(chan verdictsSeen, 1)
	go func() { seen <- readVerdicts(events, nonce, clock.restart) }() // ends with the pipe, and is waited for
	waitErr := w.wait()
	limit := clock.stop()
	// The sandbox's end is the pipe's. Without one, a child may hold it.
	_ = events.SetReadDeadline(time.Now().Add(p.sandbox.lingering()))
	v := <-seen
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !v.started {
		return nil, &errSandbox{said: strings.TrimSpace(printed.String())}
	}
	reason, exit := ending(waitErr, w.stopped(), limit)
	return v.outcomes(tests, nonce, log.String(), printed.String(), reason, exit)
}

// verdictsSeen is what came through the pipe.
type verdictsSeen struct {
	ended   map[string]bool // passed?
	current string          // the test that has begun and not ended
	runs    map[string][]Run
	took    map[string]time.Duration
	started bool // the sandbox stood
}

// readVerdicts reads events until the pipe's end. Lines without the nonce are
// nobody's.
func readVerdicts(from io.Reader, nonce string, begun func()) verdictsSeen {
	v := verdictsSeen{ended: map[string]bool{}, runs: map[string][]Run{}, took: map[string]time.Duration{}}
	var since time.Time
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e verdict.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		v.started = v.started || e.Kind == verdict.Start
		if e.Nonce != nonce {
			continue
		}
		switch e.Kind {
		case verdict.Begin:
			begun()
			v.current, since = e.Test, time.Now()
		case verdict.Probe:
			if e.Probe != nil {
				v.runs[e.Test] = append(v.runs[e.Test], runOf(*e.Probe))
			}
		case verdict.End:
			if e.Test == v.current {
				v.ended[e.Test], v.took[e.Test] = e.Passed, time.Since(since)
				v.current = ""
			}
		}
	}
	return v
}

func runOf(r probe.Report) Run {
	run := Run{Name: r.Name, MostInFlight: r.MostInFlight, Left: r.Left}
	for _, c := range r.Calls {
		run.Calls = append(run.Calls, Call(c))
	}
	return run
}

// outcomes puts together what was said by the pipe and printed.
func (v verdictsSeen) outcomes(tests []string, nonce, log, printed string, reason Status, exit string) (map[string]outcome, error) {
	logs, prints := byTest(log, nonce), byTest(printed, nonce)
	outcomes := map[string]outcome{}
	for _, name := range tests {
		passed, ended := v.ended[name]
		o := outcome{log: logs[name], printed: prints[name], runs: v.runs[name], took: v.took[name]}
		switch {
		case ended && passed:
			o.status = Passed
		case ended && strings.Contains(o.log, "race detected during execution of test"):
			o.status = Raced
		case ended:
			o.status = Failed
		case name == v.current:
			o.status, o.exit = reason, exit
		default:
			if len(outcomes) == 0 {
				return nil, &errStart{reason: reason, printed: printed, exit: exit}
			}
			return outcomes, nil
		}
		outcomes[name] = o
		if o.status != Passed {
			return outcomes, nil
		}
	}
	return outcomes, nil
}

// byTest parts what was printed by the marks between.
func byTest(text, nonce string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, "\n"+nonce+" ") {
		name, rest, ok := strings.Cut(part, "\n")
		if ok && strings.Contains(name, "/") {
			parts[name] = rest
		}
	}
	return parts
}

// ending says how a program ended that had a test under way, for which there was
// so much time.
func ending(err error, stopped stopReason, limit time.Duration) (Status, string) {
	switch stopped {
	case overTime:
		return TimedOut, fmt.Sprintf("it was still running after %v", limit)
	case overMemory:
		return Limited, fmt.Sprintf("it used more than %d MB of memory", mostMemory>>20)
	case overProcesses:
		return Limited, fmt.Sprintf("it had more than %d processes", mostProcesses)
	case overOutput:
		return Limited, fmt.Sprintf("it printed more than %d kB", mostOutput>>10)
	}
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			code = 128 + int(status.Signal())
		}
	}
	switch code {
	case 128 + int(syscall.SIGXCPU):
		return Limited, fmt.Sprintf("it used more than %d seconds of processor time", runLimits.CPU)
	case 128 + int(syscall.SIGKILL): // what was used inside a sandbox isn't known outside
		return Limited, fmt.Sprintf("it was killed, as it used more than %d seconds of processor time or more memory than the machine had left", runLimits.CPU)
	}
	if code == 0 {
		return Crashed, "the program ended in the middle of the test with exit status 0"
	}
	return Crashed, fmt.Sprintf("the program ended in the middle of the test with exit status %d", code)
}
