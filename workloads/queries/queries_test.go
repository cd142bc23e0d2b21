package queries

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/speedup/kernel-helpers/base/race"
)

func processes(t *testing.T, opts ...Option) *Fleet {
	t.Helper()
	f := Processes(opts...)
	t.Cleanup(f.Close)
	return f
}

func start(t *testing.T, f *Fleet) *Worker {
	t.Helper()
	w, err := f.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// second takes a second for every query.
func second(ctx context.Context, _ string, result error) error {
	select {
	case <-time.After(time.Second):
		return result
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func TestAWorkerAnswersUntilItIsClosed(t *testing.T) {
	for name, f := range map[string]*Fleet{
		"process":    processes(t),
		"simulation": Simulated(func(_ context.Context, _ string, result error) error { return result }),
	} {
		w := start(t, f)
		for query, want := range map[string]string{"squares 10": "285", "primes 100": "25"} {
			if got, err := w.Ask(t.Context(), query); got != want || err != nil {
				t.Errorf("%s: %s: got %q, %v; want %s", name, query, got, err, want)
			}
		}
		if _, err := w.Ask(t.Context(), "cubes 3"); err == nil || !strings.HasPrefix(err.Error(), `worker 1: query "cubes 3": `) {
			t.Errorf("%s: got error %v, want one that names worker and query", name, err)
		}
		if left := f.Account().Left; left != 1 {
			t.Errorf("%s: %d workers left before Close, want 1", name, left)
		}
		for range 2 {
			if err := w.Close(); err != nil {
				t.Errorf("%s: Close: got error %v, want nil", name, err)
			}
		}
		if _, err := w.Ask(t.Context(), "squares 1"); err == nil || errors.Is(err, ErrCrashed) || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s: Ask after Close: got error %v, want one that says it is closed", name, err)
		}
		seen := f.Account()
		if seen.Started != 1 || seen.MostOpen != 1 || seen.Left != 0 || seen.AskedAfter != 1 || seen.Asked["primes 100"] != 1 {
			t.Errorf("%s: got the account %+v, want one worker, closed, and one query after that", name, seen)
		}
	}
}

func TestACrashEndsTheProcess(t *testing.T) {
	f := processes(t, Crash("squares 3", 1))
	w := start(t, f)
	pid := w.conn.(processConn).process.Pid
	_, err := w.Ask(t.Context(), "squares 3")
	if !errors.Is(err, ErrCrashed) || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("got error %v, want ErrCrashed and the signal", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process still exists: %v", err)
	}
	if _, err := w.Ask(t.Context(), "squares 4"); !errors.Is(err, ErrCrashed) {
		t.Errorf("a query to a crashed worker: got error %v, want ErrCrashed", err)
	}
	if answer, err := start(t, f).Ask(t.Context(), "squares 3"); answer != "5" || err != nil {
		t.Errorf("the query to another worker: got %q, %v; want 5", answer, err)
	}
	seen := f.Account()
	if seen.Started != 2 || seen.MostOpen != 2 || seen.Crashed != 1 || seen.AskedAfter != 1 || seen.Asked["squares 3"] != 2 {
		t.Errorf("got the account %+v, want 2 workers, 1 crash, 1 query after it", seen)
	}
}

func TestAKilledProcessIsACrash(t *testing.T) {
	f := processes(t)
	w := start(t, f)
	w.conn.(processConn).process.Kill()
	if _, err := w.Ask(t.Context(), "squares 3"); !errors.Is(err, ErrCrashed) {
		t.Errorf("got error %v, want ErrCrashed", err)
	}
}

func TestAFleetLeavesNoProcess(t *testing.T) {
	f := Processes(Crash("primes 1", Always))
	start(t, f).Ask(t.Context(), "primes 1")
	start(t, f)
	if left := f.Account().Left; left != 2 {
		t.Errorf("%d workers left, want the crashed one and the running one", left)
	}
	f.Close()
	if left := f.Account().Left; left != 0 {
		t.Errorf("%d workers left after Close, want 0", left)
	}
}

func TestAWorkerCanBeAskedAfterACancelledQuery(t *testing.T) {
	f := processes(t)
	w := start(t, f)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := w.Ask(ctx, "primes 100"); !errors.Is(err, why) {
		t.Errorf("got error %v, want the cause", err)
	}
	if answer, err := w.Ask(t.Context(), "squares 3"); answer != "5" || err != nil {
		t.Errorf("got %q, %v; want 5", answer, err)
	}
	if _, err := f.Start(ctx); !errors.Is(err, why) {
		t.Errorf("Start: got error %v, want the cause", err)
	}
}

func TestRefuseMakesAStartFail(t *testing.T) {
	refusal := errors.New("no more")
	f := Simulated(second, Refuse(2, refusal))
	start(t, f)
	if _, err := f.Start(t.Context()); !errors.Is(err, refusal) {
		t.Errorf("got error %v, want the refusal", err)
	}
	start(t, f)
	if seen := f.Account(); seen.Started != 3 || seen.MostOpen != 2 || seen.Left != 2 {
		t.Errorf("got the account %+v, want 3 requested and 2 open", seen)
	}
}

// A race between two goroutines of a pool must be detected although both ask a
// worker.
func TestTheAccountHidesNoRace(t *testing.T) {
	if os.Getenv("QUERIES_TEST_RACE") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "QUERIES_TEST_RACE=1", "GORACE=atexit_sleep_ms=0")
		said, _ := cmd.CombinedOutput()
		if found := strings.Contains(string(said), "DATA RACE"); found != race.Enabled || strings.Count(string(said), "DATA RACE") > 1 {
			t.Errorf("race reported: %t, want %t: %s", found, race.Enabled, said)
		}
		return
	}
	synctest.Test(t, func(t *testing.T) {
		f := Simulated(second)
		defer f.Close()
		shared := 0
		var group sync.WaitGroup
		for _, w := range []*Worker{start(t, f), start(t, f)} {
			group.Go(func() {
				w.Ask(t.Context(), "squares 1")
				shared++
				w.Ask(t.Context(), "squares 2")
			})
		}
		group.Wait()
	})
}

func TestTheAccountCountsQueriesInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := Simulated(second, Crash("squares 3", 2))
		one, two := start(t, f), start(t, f)
		var group sync.WaitGroup
		for _, w := range []*Worker{one, one, two} {
			group.Go(func() { w.Ask(t.Context(), "squares 2") })
		}
		begin := time.Now()
		group.Wait()
		if took := time.Since(begin); took != time.Second {
			t.Errorf("three concurrent queries took %v, want 1s", took)
		}
		for _, w := range []*Worker{one, two} {
			if _, err := w.Ask(t.Context(), "squares 3"); !errors.Is(err, ErrCrashed) {
				t.Errorf("got error %v, want ErrCrashed", err)
			}
		}
		seen := f.Account()
		if seen.MostInFlight != 3 || seen.MostOnOne != 2 || seen.Crashed != 2 || seen.Left != 2 || seen.Asked["squares 2"] != 3 {
			t.Errorf("got the account %+v, want at most 3 in flight, 2 on one worker, 2 crashes", seen)
		}
		f.Close()
		if left := f.Account().Left; left != 0 {
			t.Errorf("%d workers left after Close, want 0", left)
		}
	})
}
