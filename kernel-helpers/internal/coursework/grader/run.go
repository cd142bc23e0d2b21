package grader

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/verdict"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// runLimits are those of a test program. The sandbox measures its memory from
// outside.
var runLimits = sandbox.Limits{CPU: 60, Processes: 1024, FileSize: 16 << 20, Files: 256}

const (
	startTime = 15 * time.Second // of a program until its first test
	testTime  = 15 * time.Second // of one test; the course's take milliseconds, and a probe gives up after 5 s
	slowTime  = testTime / 3     // a test that takes longer is slow, even if it ends
	maxSlow   = 2                // slow tests of an exercise, after which its others aren't run
	maxOutput = 1 << 20          // bytes of each of the two streams
	slowNice  = 19               // how far a program yields to others after a slow test
)

// runner runs the tests of one submission.
type runner struct {
	workspace *sandbox.Workspace
	startTime time.Duration
	testTime  time.Duration
	hidden    []string // the tests whose messages may not show values

	// slow, if set, is called after the first slow test, so that what takes long
	// gives its turn to others.
	slow     func(context.Context) error
	yielding bool // slow was called
}

// runTests runs tests of a program. After a test that didn't pass, the next one
// gets a new process, so that it is not harmed by what the first left behind.
func (r *runner) runTests(ctx context.Context, program string, tests []string) (map[string]outcome, error) {
	outcomes := map[string]outcome{}
	slow := map[string]int{} // by exercise
	for len(tests) > 0 {
		exercise, _, _ := strings.Cut(tests[0], "/")
		if slow[exercise] >= maxSlow {
			outcomes[tests[0]] = outcome{status: course.NotRun, exit: fmt.Sprintf("not run, as %d tests before it took more than %v each", maxSlow, slowTime)}
			tests = tests[1:]
			continue
		}
		done, err := sandbox.Retry(ctx, r.workspace.Sandbox, func() (map[string]outcome, error) { return r.runSome(ctx, program, tests) })
		if err != nil {
			return nil, err
		}
		for len(tests) > 0 {
			name := tests[0]
			o, ran := done[name]
			if !ran {
				break
			}
			tests = tests[1:]
			outcomes[name] = o
			if o.status != course.TimedOut && o.took <= slowTime {
				continue
			}
			exercise, _, _ := strings.Cut(name, "/")
			slow[exercise]++
			if r.slow != nil && !r.yielding {
				if err := r.slow(ctx); err != nil {
					return nil, err
				}
			}
			r.yielding = true
		}
	}
	return outcomes, nil
}

// runSome runs tests in one process until one doesn't pass. It returns the
// outcomes of the first tests, at least one.
func (r *runner) runSome(ctx context.Context, program string, tests []string) (map[string]outcome, error) {
	nonce := rand.Text()
	orders, err := json.Marshal(verdict.Orders{Nonce: nonce, Tests: tests, Hidden: r.hidden})
	if err != nil {
		return nil, err
	}
	ready, err := json.Marshal(verdict.Event{Kind: verdict.Start})
	if err != nil {
		return nil, err
	}
	pipe, childPipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer pipe.Close()
	defer childPipe.Close()
	limits := runLimits
	if r.yielding {
		limits.Nice = slowNice
	}
	p, err := r.workspace.Prepare(ctx, sandbox.Command{
		Argv: []string{program}, Read: []string{program}, Limits: limits, Untrusted: true,
		Env: []string{"GORACE=atexit_sleep_ms=0", "GOTRACEBACK=all"}, Ready: string(ready) + "\n",
	})
	if err != nil {
		return nil, err
	}
	full := func() { p.Stop(sandbox.OverOutput) }
	log, printed := &sandbox.Output{Max: maxOutput, Full: full}, &sandbox.Output{Max: maxOutput, Full: full}
	p.Cmd.Stdin, p.Cmd.Stdout, p.Cmd.Stderr = bytes.NewReader(orders), log, printed
	p.Cmd.ExtraFiles = []*os.File{childPipe}
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("start the tests: %w", err)
	}
	childPipe.Close()

	clock := newClock(p, r.startTime, r.testTime)
	reports := make(chan verdicts, 1)
	go func() { reports <- readVerdicts(pipe, nonce, clock.restart) }() // ends with the pipe; received below
	waitErr := p.Wait()
	limit := clock.stop()
	// With the sandbox all writers of the pipe are dead. Without, a process that
	// the answer left behind may hold it.
	_ = pipe.SetReadDeadline(time.Now().Add(r.workspace.Sandbox.PipeDelay()))
	v := <-reports
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !v.ready {
		return nil, sandbox.NewSetupError(printed.String())
	}
	status, exit := explainExit(waitErr, p.Stopped(), limit)
	return v.outcomes(tests, nonce, log.String(), printed.String(), status, exit)
}

// explainExit says how a program ended during a test that had limit to run.
func explainExit(err error, stopped sandbox.StopReason, limit time.Duration) (course.Status, string) {
	switch stopped {
	case sandbox.OverTime:
		return course.TimedOut, fmt.Sprintf("it was still running after %v", limit)
	case sandbox.OverMemory:
		return course.Limited, fmt.Sprintf("it used more than %d MB of memory", sandbox.MaxMemory>>20)
	case sandbox.OverProcesses:
		return course.Limited, fmt.Sprintf("it had more than %d processes", sandbox.MaxProcesses)
	case sandbox.OverOutput:
		return course.Limited, fmt.Sprintf("it printed more than %d kB", maxOutput>>10)
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
		return course.Limited, fmt.Sprintf("it used more than %d seconds of processor time", runLimits.CPU)
	case 128 + int(syscall.SIGKILL): // from outside, it is unknown what was used inside the sandbox
		return course.Limited, fmt.Sprintf("it was killed: it used more than %d seconds of processor time, or more memory than the machine had left", runLimits.CPU)
	}
	return course.Crashed, fmt.Sprintf("the program ended in the middle of the test with exit status %d", code)
}
