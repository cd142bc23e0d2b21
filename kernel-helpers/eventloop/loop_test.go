package eventloop

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// body is the type of a coroutine without a result.
type body = func(co *Coroutine) (None, error)

// run runs main in l and fails the test if Run fails or leaves anything behind.
func run(t *testing.T, l *Loop, main func(co *Coroutine) error) {
	t.Helper()
	if err := l.Run(t.Context(), main); err != nil {
		t.Errorf("Run: got error %v, want nil", err)
	}
	if len(l.tasks) != 0 || len(l.poll.fds) != 0 {
		t.Errorf("the loop still has %d tasks and %d descriptors, want none", len(l.tasks), len(l.poll.fds))
	}
}

func wantError(t *testing.T, what string, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%s: got error %v, want %v", what, err, wanted)
	}
}

// fakeClock gives a loop a clock that jumps instead of waiting.
func fakeClock(l *Loop) (passed func() time.Duration) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := start
	l.now = func() time.Time { return now }
	l.poll.wait = func(_ []unix.PollFd, milliseconds int) error {
		now = now.Add(time.Duration(milliseconds) * time.Millisecond)
		return nil
	}
	return func() time.Duration { return now.Sub(start) }
}

func TestTasksTakeTurns(t *testing.T) {
	l := New()
	var lines []string
	run(t, l, func(co *Coroutine) error {
		count := func(name string) *Task[None] {
			return Go(l, func(co *Coroutine) (None, error) {
				for i := range 3 {
					lines = append(lines, fmt.Sprint(name, i))
					if err := co.Sleep(0); err != nil {
						return None{}, err
					}
				}
				return None{}, nil
			})
		}
		_, err := Await(co, Gather(l, count("a"), count("b")))
		return err
	})
	if want := []string{"a0", "b0", "a1", "b1", "a2", "b2"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

func TestRunFailsWhileTheLoopRuns(t *testing.T) {
	l := New()
	again := func() error { return l.Run(t.Context(), func(*Coroutine) error { return nil }) }
	run(t, l, func(co *Coroutine) error {
		wantError(t, "from a coroutine", again(), ErrRunning)
		if err := l.CallSoon(func() { wantError(t, "from a callback", again(), ErrRunning) }); err != nil {
			return err
		}
		other := make(chan error)
		go func() { other <- again() }()
		wantError(t, "from another goroutine", <-other, ErrRunning)
		return co.Sleep(0)
	})
	if err := again(); err != nil {
		t.Errorf("a second Run: got error %v, want nil", err)
	}
}

func TestRunCancelsWhatMainLeavesAndWaitsForIt(t *testing.T) {
	l := New()
	var ended []string
	run(t, l, func(co *Coroutine) error {
		for _, name := range []string{"a", "b"} {
			Go(l, func(co *Coroutine) (None, error) {
				err := co.Sleep(time.Hour)
				wantError(t, name, err, ErrCancelled)
				if err := co.Sleep(0); err != nil { // a cancelled task may still wait to clean up
					return None{}, err
				}
				ended = append(ended, name)
				return None{}, err
			})
		}
		return co.Sleep(0)
	})
	if slices.Sort(ended); !slices.Equal(ended, []string{"a", "b"}) {
		t.Errorf("tasks %v ended, want [a b]", ended)
	}
}

func TestADoneContextCancelsMain(t *testing.T) {
	oops := errors.New("oops")
	for name, wait := range map[string]body{
		"while it sleeps":             func(co *Coroutine) (None, error) { return None{}, co.Sleep(time.Hour) },
		"while it waits for a socket": func(co *Coroutine) (None, error) { return Await(co, Go(co.task.self.loop, untilAccept)) },
		"while it is busy":            func(co *Coroutine) (None, error) { return busy(co) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			l := New()
			err := l.Run(ctx, func(co *Coroutine) error {
				l.CallSoon(func() { go cancel(oops) })
				_, err := wait(co)
				wantError(t, "main", err, ErrCancelled)
				return err
			})
			wantError(t, "run", err, ErrCancelled)
			wantError(t, "run", err, oops)
		})
	}
	t.Run("which may ignore it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := New().Run(ctx, func(co *Coroutine) error {
			co.Sleep(0)
			return nil
		}); err != nil && !errors.Is(err, ErrCancelled) {
			t.Errorf("got error %v, want nil or %v", err, ErrCancelled)
		}
	})
}

func untilAccept(co *Coroutine) (None, error) {
	listener, err := Listen(co.task.self.loop, "127.0.0.1:0")
	if err != nil {
		return None{}, err
	}
	defer listener.Close()
	_, err = listener.Accept(co)
	return None{}, err
}

func busy(co *Coroutine) (None, error) {
	for {
		if err := co.Sleep(0); err != nil {
			return None{}, err
		}
	}
}

func TestRunReportsAStuckLoop(t *testing.T) {
	t.Run("a future that is never set", func(t *testing.T) {
		l := New()
		cleaned := false
		err := l.Run(t.Context(), func(co *Coroutine) error {
			defer func() { cleaned = true }()
			_, err := Await(co, NewFuture[int](l))
			return err
		})
		wantError(t, "run", err, ErrStuck)
		if !cleaned || errors.Is(err, ErrCancelled) {
			t.Errorf("cleaned up: %v, want true; error %v, want one without ErrCancelled", cleaned, err)
		}
	})
	t.Run("tasks that wait for each other", func(t *testing.T) {
		l := New()
		err := l.Run(t.Context(), func(co *Coroutine) error {
			var a, b *Task[None]
			a = Go(l, func(co *Coroutine) (None, error) { return Await(co, b) })
			b = Go(l, func(co *Coroutine) (None, error) { return Await(co, a) })
			_, err := Await(co, a)
			return err
		})
		wantError(t, "run", err, ErrStuck)
	})
	t.Run("a task that ignores cancellation", func(t *testing.T) {
		l := New()
		cleaned, waits := false, 0
		err := l.Run(t.Context(), func(co *Coroutine) error {
			defer func() { cleaned = true }()
			for {
				Await(co, NewFuture[int](l))
				waits++
			}
		})
		wantError(t, "run", err, ErrStuck)
		if !cleaned || waits != 1 {
			t.Errorf("cleaned up: %v, want true; cancelled %d times, want 1", cleaned, waits)
		}
	})
	t.Run("a task that remains after main", func(t *testing.T) {
		l := New()
		err := l.Run(t.Context(), func(co *Coroutine) error {
			Go(l, func(co *Coroutine) (None, error) {
				for {
					Await(co, NewFuture[int](l))
				}
			})
			return co.Sleep(0)
		})
		wantError(t, "run", err, ErrStuck)
		if !strings.Contains(err.Error(), "task 2") {
			t.Errorf("the task is not named in the error: %v", err)
		}
	})
}

func TestNoErrorGetsLost(t *testing.T) {
	oops := errors.New("oops")
	failing := func(*Coroutine) (None, error) { return None{}, oops }
	t.Run("an error that was not read is returned by Run", func(t *testing.T) {
		l := New()
		err := l.Run(t.Context(), func(co *Coroutine) error {
			Go(l, failing)
			return co.Sleep(0)
		})
		wantError(t, "run", err, oops)
	})
	t.Run("an error that was read is not", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			_, err := Await(co, Go(l, failing))
			wantError(t, "await", err, oops)
			task := Go(l, failing)
			co.Sleep(0)
			_, err = task.Result()
			wantError(t, "result", err, oops)
			all, err := Await(co, Gather(l, Go(l, failing)))
			wantError(t, "gather", all[0].Err, oops)
			return err
		})
	})
}

func TestAPanic(t *testing.T) {
	oops := errors.New("oops")
	t.Run("of a coroutine is the error of its task", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			_, err := Await(co, Go(l, func(co *Coroutine) (None, error) {
				co.Sleep(0)
				return whereItBreaks(oops)
			}))
			wantError(t, "await", err, oops)
			if !strings.Contains(err.Error(), "whereItBreaks") {
				t.Errorf("the stack is missing in %v", err)
			}
			return co.Sleep(0)
		})
	})
	t.Run("of main is Run's error", func(t *testing.T) {
		l := New()
		wantError(t, "run", l.Run(t.Context(), func(co *Coroutine) error { panic(oops) }), oops)
	})
	t.Run("of a callback is Run's error, and the others run", func(t *testing.T) {
		l := New()
		later := false
		err := l.Run(t.Context(), func(co *Coroutine) error {
			l.CallSoon(func() { panic(oops) })
			l.CallSoon(func() { later = true })
			return co.Sleep(0)
		})
		wantError(t, "run", err, oops)
		if !later {
			t.Error("the next callback did not run")
		}
	})
}

func whereItBreaks(v any) (None, error) { panic(v) }

// t.FailNow, for example, ends its goroutine with Goexit.
func TestGoexitInACoroutineEndsRunsGoroutineAndCleansUp(t *testing.T) {
	l := New()
	cleaned, wentOn, done := false, false, make(chan None)
	go func() {
		defer close(done)
		l.Run(t.Context(), func(co *Coroutine) error {
			defer func() { cleaned = true }()
			Go(l, func(co *Coroutine) (None, error) {
				Go(l, func(*Coroutine) (None, error) {
					t.Error("a pending task was started")
					return None{}, nil
				})
				runtime.Goexit()
				return None{}, nil
			})
			return co.Sleep(time.Hour)
		})
		wentOn = true
	}()
	<-done
	if wentOn || !cleaned || len(l.tasks) != 0 {
		t.Errorf("Run returned: %v, want false; main cleaned up: %v, want true; %d tasks left, want 0", wentOn, cleaned, len(l.tasks))
	}
	run(t, l, func(co *Coroutine) error { return co.Sleep(0) })
}

func TestManyTasksLeaveNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	l := New()
	n := 0
	run(t, l, func(co *Coroutine) error {
		tasks := make([]*Task[None], 1000)
		for i := range tasks {
			tasks[i] = Go(l, func(co *Coroutine) (None, error) {
				err := co.Sleep(0)
				n++
				return None{}, err
			})
		}
		_, err := Await(co, Gather(l, tasks...))
		return err
	})
	if after := runtime.NumGoroutine(); n != 1000 || after > before {
		t.Errorf("%d tasks ran, want 1000; %d goroutines before and %d after, want no more", n, before, after)
	}
}
