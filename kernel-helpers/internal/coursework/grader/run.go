package grader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
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

// Limits of time leave out what a program spends in the queue for a processor (package
// schedstat): what a right answer gets doesn't depend on what else the machine does.
const (
	startTime = 15 * time.Second // of a program until its first test
	testTime  = 15 * time.Second // of one test; the course's take milliseconds, and a probe gives up after 5 s
	slowTime  = testTime / 3     // a test that takes longer is slow, even if it ends
	maxSlow   = 2                // slow tests of an exercise, after which its others aren't run
	maxOutput = 1 << 20          // bytes of each of the two streams
	slowNice  = 19               // how far a program yields to others after a slow test
)

// budget is what all test programs of one submission may take together, their
// starts included.
type budget struct {
	Wall time.Duration // without the time in the queue for a processor
	CPU  time.Duration
}

// fullBudget is a submission's. Right answers take seconds of it.
var fullBudget = budget{Wall: 2 * time.Minute, CPU: 90 * time.Second}

// used reports whether nothing is left.
func (b budget) used() bool { return b.Wall <= 0 || b.CPU <= 0 }

func (b budget) String() string {
	return fmt.Sprintf("%v, or %v of processor time", b.Wall, b.CPU)
}

// runner runs the tests of one submission.
type runner struct {
	workspace    *sandbox.Workspace
	startTime    time.Duration
	testTime     time.Duration
	firstFailure bool                // stop the tests of an exercise at the first that does not pass
	author       bool                // messages of hidden tests show values
	hidden       map[string]bool     // which tests are hidden
	functions    map[string][]string // by exercise: those that it asks for
	seed         func(test string) uint64
	expect       map[string]*expectation
	budget       budget // of the submission
	left         budget // what is left of it

	failed map[string]bool // by exercise: a test did not pass

	// slow, if set, is called after the first slow test, so that what takes long
	// gives its turn to others.
	slow     func(context.Context) error
	yielding bool // slow was called
}

// runTests runs tests of a program: first the visible ones, then the hidden ones
// in a process that runs no visible test, so that nothing of them is in what
// students see. After a test that didn't pass, the next one gets a new process, so
// that it is not harmed by what the first left behind.
func (r *runner) runTests(ctx context.Context, program string, tests []string) (map[string]outcome, error) {
	outcomes := map[string]outcome{}
	slow := map[string]int{} // by exercise
	r.failed = map[string]bool{}
	visible := slices.DeleteFunc(slices.Clone(tests), func(name string) bool { return r.hidden[name] })
	hidden := slices.DeleteFunc(slices.Clone(tests), func(name string) bool { return !r.hidden[name] })
	for _, part := range [][]string{visible, hidden} {
		if err := r.runPart(ctx, program, part, slow, outcomes); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// runPart runs tests that may share a process, and adds their outcomes. slow
// counts the slow tests of each exercise.
func (r *runner) runPart(ctx context.Context, program string, tests []string, slow map[string]int, outcomes map[string]outcome) error {
	for len(tests) > 0 {
		if r.left.used() {
			outcomes[tests[0]] = outcome{status: course.NotRun, review: "the answers used up the submission's time",
				exit: fmt.Sprintf("not run, as the tests of this submission took more than %v together", r.budget)}
			tests = tests[1:]
			continue
		}
		exercise, _, _ := strings.Cut(tests[0], "/")
		if r.firstFailure && r.failed[exercise] {
			outcomes[tests[0]] = outcome{status: course.NotRun, exit: "not run, as a test before it did not pass"}
			tests = tests[1:]
			continue
		}
		if slow[exercise] >= maxSlow {
			outcomes[tests[0]] = outcome{status: course.NotRun, exit: fmt.Sprintf("not run, as %d tests before it took more than %v each", maxSlow, slowTime)}
			tests = tests[1:]
			continue
		}
		done, err := sandbox.Retry(ctx, r.workspace.Sandbox, func() (map[string]outcome, error) { return r.runSome(ctx, program, tests) })
		if err != nil {
			return err
		}
		for len(tests) > 0 {
			name := tests[0]
			o, ran := done[name]
			if !ran {
				break
			}
			tests = tests[1:]
			outcomes[name] = o
			if o.status != course.Passed {
				exercise, _, _ := strings.Cut(name, "/")
				r.failed[exercise] = true
			}
			if o.status != course.TimedOut && o.took <= slowTime {
				continue
			}
			exercise, _, _ := strings.Cut(name, "/")
			slow[exercise]++
			if r.slow != nil && !r.yielding {
				if err := r.slow(ctx); err != nil {
					return err
				}
			}
			r.yielding = true
		}
	}
	return nil
}

// runSome runs tests in one process until one doesn't pass. It returns the
// outcomes of the first tests, at least one.
func (r *runner) runSome(ctx context.Context, program string, tests []string) (map[string]outcome, error) {
	plan, err := json.Marshal(verdict.Plan{Tests: tests})
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
	childOrders, orders, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer childOrders.Close()
	defer orders.Close()
	limits := runLimits
	limits.CPU = min(limits.CPU, uint64(r.left.CPU/time.Second)+1)
	if r.yielding {
		limits.Nice = slowNice
	}
	p, err := r.workspace.Prepare(ctx, sandbox.Command{
		Argv: []string{program}, Read: []string{program}, Limits: limits, Untrusted: true,
		Env: []string{"GORACE=atexit_sleep_ms=0 halt_on_error=1", "GOTRACEBACK=all"}, Ready: string(ready) + "\n",
	})
	if err != nil {
		return nil, err
	}
	full := func() { p.Stop(sandbox.OverOutput) }
	log, printed := &sandbox.Output{Max: maxOutput, Full: full}, &sandbox.Output{Max: maxOutput, Full: full}
	p.Cmd.Stdin, p.Cmd.Stdout, p.Cmd.Stderr = childOrders, log, printed
	p.Cmd.ExtraFiles = []*os.File{childPipe}
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("start the tests: %w", err)
	}
	childPipe.Close()
	childOrders.Close()
	clock := newClock(p, r.left.Wall, r.startTime, r.testTime)
	j := newJudge(tests, orders)
	j.began, j.elapsed = clock.restart, clock.elapsed
	j.expect = r.expect
	if r.seed != nil {
		j.seed = r.seed
	}
	j.discreet = func(test string) (bool, []string) {
		exercise, _, _ := strings.Cut(test, "/")
		return r.hidden[test] && !r.author, r.functions[exercise]
	}
	judged := make(chan bool)
	go func() { // ends with the pipe; received below
		defer close(judged)
		_, _ = orders.Write(append(plan, '\n')) // how a program ended that reads no plan says more
		j.follow(pipe)
	}()
	waitErr := p.Wait()
	limit, used := clock.stop()
	// With the sandbox all writers of the pipe are dead. Without, a process that
	// the answer left behind may hold it.
	_ = pipe.SetReadDeadline(time.Now().Add(r.workspace.Sandbox.PipeDelay()))
	<-judged
	r.left.Wall -= used
	r.left.CPU -= p.Cmd.ProcessState.UserTime() + p.Cmd.ProcessState.SystemTime()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !j.ready {
		return nil, sandbox.NewSetupError(printed.String())
	}
	end := r.explainExit(waitErr, p.Stopped(), limit)
	end.log, end.printed = log.String(), printed.String()
	return j.outcomes(end)
}

// explainExit says how a program ended during a test that had limit to run.
func (r *runner) explainExit(err error, stopped sandbox.StopReason, limit time.Duration) ending {
	code := 0
	switch stopped {
	case sandbox.OverTime:
		return ending{status: course.TimedOut, exit: fmt.Sprintf("it was still running after %v", limit), code: code}
	case sandbox.OverBudget:
		return ending{status: course.TimedOut, exit: fmt.Sprintf("the tests of this submission took more than %v together", r.budget)}
	case sandbox.OverMemory:
		return ending{status: course.Limited, exit: fmt.Sprintf("it used more than %d MB of memory", sandbox.MaxMemory>>20), code: code}
	case sandbox.OverProcesses:
		return ending{status: course.Limited, exit: fmt.Sprintf("it had more than %d processes", sandbox.MaxProcesses), code: code}
	case sandbox.OverOutput:
		return ending{status: course.Limited, exit: fmt.Sprintf("it printed more than %d kB: print less, or end the loop that prints", maxOutput>>10), code: code}
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			code = 128 + int(status.Signal())
		}
	}
	switch code {
	case 128 + int(syscall.SIGXCPU):
		return ending{status: course.Limited, exit: fmt.Sprintf("it used more than %d seconds of processor time", runLimits.CPU), code: code}
	case 128 + int(syscall.SIGKILL): // from outside, it is unknown what was used inside the sandbox
		return ending{status: course.Limited, exit: fmt.Sprintf("it was killed: it used more than %d seconds of processor time, or more memory than the machine had left", runLimits.CPU), code: code}
	}
	return ending{status: course.Crashed, exit: fmt.Sprintf("the program ended in the middle of the test with exit status %d", code), code: code}
}
