package procpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/leaktest"
	"example.com/speedup/kernel-helpers/base/race"
)

// endings are the ways in which a worker can end, with a part of the error.
var endings = map[string]string{
	"panic":           "panic: boom at main_test.go:",
	"panic nil map":   "panic: assignment to entry in nil map at main_test.go:",
	"panic elsewhere": "exit status 2: panic: boom in another goroutine",
	"goexit":          "runtime.Goexit",
	"exit":            "exit status 3",
	"exit well":       "exit status 0",
	"kill":            "signal: killed",
	"close the pipe":  "signal: killed",
	"write nonsense":  "bad frame",
}

func TestACrashCostsOneTaskAndNamesIt(t *testing.T) {
	for how, want := range endings {
		for _, chunk := range []int{1, 16} {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				crashOne(t, how, want, chunk)
			})
		}
	}
}

func TestAnOutOfMemoryWorkerCostsOneTask(t *testing.T) {
	if runtime.GOOS != "linux" || race.Enabled {
		t.Skip("needs an enforced memory limit and a program that fits into it")
	}
	// Usually the runtime prints "fatal error: …", but it may also run into a
	// nil pointer of its own.
	crashOne(t, "use up memory", "exit status 2: ", 1)
}

func TestAStuckWorkerCostsOneTask(t *testing.T) {
	for _, how := range []string{"stop", "deadlock", "spin"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			err := crashOne(t, how, "not done after 3s", 1, TaskTimeout(stuckFor))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got error %v, want context.DeadlineExceeded", err)
			}
		})
	}
}

// stuckFor is the time-out of tests in which the pool kills a worker. It is
// long enough that healthy workers don't look stuck on a busy machine.
const stuckFor = 3 * time.Second

// crashOne runs tasks, one of which ends its worker, and returns the error of
// that task.
func crashOne(t *testing.T, how, want string, chunk int, opts ...Option) error {
	p := newPool(t, 2, opts...)
	const n, bad = 100, 37
	done := filepath.Join(t.TempDir(), "done")
	inputs := make([]order, n)
	for i := range inputs {
		inputs[i] = order{i, "note", done}
	}
	inputs[bad] = order{bad, how, "x"}
	i := 0
	var cause error
	for r, err := range obey.Map(t.Context(), p, slices.Values(inputs), Chunk(chunk)) {
		if i != bad {
			if r != i || err != nil {
				t.Errorf("task %d: got %d, %v; want no error", i, r, err)
			}
		} else {
			cause = err
			failed, ok := errors.AsType[*TaskError](err)
			if !ok || !errors.Is(err, ErrCrashed) || failed.Task != "obey" || failed.Input != inputs[bad].String() || failed.Tries != 1 || !strings.Contains(err.Error(), want) {
				t.Errorf("task %d: got error %v, want a crash with %q", i, err, want)
			}
		}
		i++
	}
	if i != n {
		t.Errorf("got %d results, want %d", i, n)
	}
	// No other task was begun twice, except possibly those of a chunk.
	wanted := slices.Delete(numbers(n), bad, bad+1)
	ran := notes(t, done)
	if chunk > 1 {
		ran = slices.Compact(ran)
	}
	if !slices.Equal(ran, wanted) {
		t.Errorf("tasks %v ran, want %v", ran, wanted)
	}
	leaktest.Wait(t, "the worker is replaced", func() bool {
		now := p.Workers()
		return len(now) == 2 && now[1].Name >= "worker-3"
	})
	if name := p.Workers()[1].Name; chunk == 1 && name != "worker-3" {
		t.Errorf("the newest worker is %s, want worker-3: more than one worker ended", name)
	}
	return cause
}

func TestATaskIsRetriedExactlyAsConfigured(t *testing.T) {
	p := newPool(t, 2, Retries(2))
	dir := t.TempDir()
	tried := filepath.Join(dir, "tried")
	inputs := []order{{1, "work", ""}, {2, "note and die", tried}, {3, "die once", filepath.Join(dir, "died")}, {4, "work", ""}}
	i := 0
	for n, err := range obey.Map(t.Context(), p, slices.Values(inputs)) {
		if inputs[i].How != "note and die" {
			if n != inputs[i].N || err != nil {
				t.Errorf("%v: got %d, %v; want no error", inputs[i], n, err)
			}
		} else if failed, ok := errors.AsType[*TaskError](err); !ok || failed.Tries != 3 || !strings.Contains(err.Error(), "obey(note and die 2)") || !strings.Contains(err.Error(), "tried 3 times") {
			t.Errorf("%v: got error %v, want a TaskError after 3 tries", inputs[i], err)
		}
		i++
	}
	if ran := notes(t, tried); len(ran) != 3 {
		t.Errorf("the task that kills its worker ran %d times, want 3", len(ran))
	}
}

func TestIdleWorkersThatAreKilledAreReplaced(t *testing.T) {
	p := newPool(t, 2)
	for round := range 2 * maxFailures {
		before := p.Workers()
		syscall.Kill(before[0].PID, syscall.SIGKILL)
		leaktest.Wait(t, "the worker is replaced", func() bool {
			now := p.Workers()
			return len(now) == 2 && now[0].PID == before[1].PID
		})
		if n, err := double.Submit(t.Context(), p, round).Wait(t.Context()); n != 2*round || err != nil {
			t.Fatalf("after %d kills: got %d, %v; want no error", round+1, n, err)
		}
	}
}

func TestTasksSentToAStoppedWorkerGoToAnother(t *testing.T) {
	p := newPool(t, 2, TaskTimeout(stuckFor))
	pid := p.Workers()[0].PID
	syscall.Kill(pid, syscall.SIGSTOP)
	leaktest.Wait(t, "the worker has stopped", func() bool { return stopped(pid) })
	got, err := Collect(double.Map(t.Context(), p, slices.Values(numbers(100))))
	if err != nil || len(got) != 100 {
		t.Errorf("got %d results, %v; want 100, because the stopped worker began none", len(got), err)
	}
}

func TestATaskMayObeyItsTimeout(t *testing.T) {
	p := newPool(t, 1, TaskTimeout(50*time.Millisecond), patient)
	pid := p.Workers()[0].PID
	_, err := obey.Submit(t.Context(), p, order{1, "wait for the end", ""}).Wait(t.Context())
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrCrashed) {
		t.Errorf("got error %v, want context.DeadlineExceeded and no crash", err)
	}
	if _, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); err != nil || p.Workers()[0].PID != pid {
		t.Errorf("the next task: got error %v, or another worker; want the same worker", err)
	}
}

// The time-out applies to each task: many in a row may take longer.
func TestATimeoutIsForEachTask(t *testing.T) {
	for _, chunk := range []int{1, 8} {
		t.Run(fmt.Sprintf("in chunks of %d", chunk), func(t *testing.T) {
			t.Parallel()
			p := newPool(t, 1, TaskTimeout(stuckFor))
			pause := slices.Repeat([]int{500}, 8) // 4 s in all
			if _, err := Collect(sleep.Map(t.Context(), p, slices.Values(pause), Chunk(chunk))); err != nil {
				t.Errorf("got error %v, want nil", err)
			}
		})
	}
}

var sleep = Define("sleep", func(_ context.Context, ms int) (struct{}, error) {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return struct{}{}, nil
})

func TestAPoolReportsThatItsWorkersCannotStart(t *testing.T) {
	t.Setenv("PROCPOOL_TEST_BREAK", "")
	p := newPool(t, 2)
	t.Setenv("PROCPOOL_TEST_BREAK", "yes") // for the next workers
	f := obey.Submit(t.Context(), p, order{1, "wait for the end", ""})
	leaktest.Wait(t, "the task is running", func() bool { return inHand(p) == 1 })
	// Kill only the idle worker, so that nothing ends after the workers that
	// can't start.
	p.mu.Lock()
	for _, w := range p.workers {
		if len(w.sent) == 0 {
			syscall.Kill(w.Pid, syscall.SIGKILL)
		}
	}
	p.mu.Unlock()
	if _, err := f.Wait(t.Context()); err == nil {
		t.Error("the running task succeeded, want an error")
	}
	leaktest.Wait(t, "the pool gives up", func() bool {
		_, err := double.Submit(t.Context(), p, 1).Wait(t.Context())
		return err != nil
	})
	err := p.Close()
	if err == nil || !strings.Contains(err.Error(), "in a row") || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("Close: got error %v, want the cause", err)
	}
}

// This variable's initialization ends workers before they are ready.
var _ = func() bool {
	if serving != nil && os.Getenv("PROCPOOL_TEST_BREAK") != "" {
		os.Exit(7)
	}
	return true
}()
