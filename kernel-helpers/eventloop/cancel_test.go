package eventloop

import (
	"errors"
	"testing"
	"time"
)

func TestCancellationReachesTheInnermostWait(t *testing.T) {
	l := New()
	var reached []string
	level := func(name string, wait body) body {
		return func(co *Coroutine) (None, error) {
			_, err := wait(co)
			wantError(t, name, err, ErrCancelled)
			reached = append(reached, name)
			return None{}, err
		}
	}
	run(t, l, func(co *Coroutine) error {
		future := NewFuture[None](l)
		innermost := Go(l, level("innermost", func(co *Coroutine) (None, error) { return Await(co, future) }))
		middle := Go(l, level("middle", func(co *Coroutine) (None, error) { return Await(co, innermost) }))
		outer := Go(l, level("outer", func(co *Coroutine) (None, error) { return Await(co, middle) }))
		for range 3 {
			co.Sleep(0)
		}
		if err := outer.Cancel(); err != nil {
			return err
		}
		if future.State() != Cancelled || outer.State() != Pending {
			t.Errorf("after Cancel the future is %v and the task %v, want cancelled and pending", future.State(), outer.State())
		}
		_, err := Await(co, outer)
		wantError(t, "await", err, ErrCancelled)
		for _, task := range []*Task[None]{innermost, middle, outer} {
			if task.State() != Cancelled {
				t.Errorf("the task is %v, want %v", task.State(), Cancelled)
			}
		}
		wantError(t, "a second Cancel", outer.Cancel(), ErrDone)
		return nil
	})
	if len(reached) != 3 || reached[0] != "innermost" {
		t.Errorf("the cancellation reached %v, want 3 tasks, the innermost first", reached)
	}
}

func TestACancelledTask(t *testing.T) {
	t.Run("that hasn't started never starts", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			task := Go(l, func(*Coroutine) (None, error) { t.Error("the coroutine ran"); return None{}, nil })
			task.Cancel()
			_, err := Await(co, task)
			wantError(t, "await", err, ErrCancelled)
			if task.State() != Cancelled {
				t.Errorf("the task is %v, want %v", task.State(), Cancelled)
			}
			return nil
		})
	})
	t.Run("may handle the cancellation and go on", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			task := Go(l, func(co *Coroutine) (int, error) {
				wantError(t, "sleep", co.Sleep(time.Hour), ErrCancelled)
				return 7, co.Sleep(0)
			})
			co.Sleep(0)
			task.Cancel()
			v, err := Await(co, task)
			if v != 7 || task.State() != Finished {
				t.Errorf("got %d and a task that is %v, want 7 and %v", v, task.State(), Finished)
			}
			return err
		})
	})
	t.Run("may fail with another error", func(t *testing.T) {
		l := New()
		oops := errors.New("oops")
		run(t, l, func(co *Coroutine) error {
			task := Go(l, func(co *Coroutine) (int, error) { co.Sleep(time.Hour); return 0, oops })
			co.Sleep(0)
			task.Cancel()
			_, err := Await(co, task)
			wantError(t, "await", err, oops)
			if task.State() != Finished {
				t.Errorf("the task is %v, want %v", task.State(), Finished)
			}
			return nil
		})
	})
	t.Run("on the ready list gets ErrCancelled from its current wait", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			task := Go(l, func(co *Coroutine) (None, error) { return None{}, co.Sleep(0) })
			co.Sleep(0) // the task has started and is ready again
			task.Cancel()
			_, err := Await(co, task)
			wantError(t, "await", err, ErrCancelled)
			return nil
		})
	})
	t.Run("that cancels itself gets ErrCancelled from its next wait", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			var task *Task[None]
			f := NewFuture[None](l)
			task = Go(l, func(co *Coroutine) (None, error) {
				task.Cancel()
				return Await(co, f)
			})
			_, err := Await(co, task)
			wantError(t, "await", err, ErrCancelled)
			if f.State() != Cancelled {
				t.Errorf("the future is %v, want %v", f.State(), Cancelled)
			}
			return nil
		})
	})
}

func TestGather(t *testing.T) {
	oops := errors.New("oops")
	value := func(l *Loop, v int, turns int, err error) *Task[int] {
		return Go(l, func(co *Coroutine) (int, error) {
			for range turns {
				if err := co.Sleep(0); err != nil {
					return 0, err
				}
			}
			return v, err
		})
	}
	t.Run("keeps the order, with errors beside results", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			a := value(l, 1, 5, nil)
			all, err := Await(co, Gather(l, a, value(l, 0, 0, oops), value(l, 3, 2, nil), a))
			want := []Outcome[int]{{1, nil}, {0, oops}, {3, nil}, {1, nil}}
			if len(all) != len(want) {
				t.Fatalf("got %v, want %v", all, want)
			}
			for i := range want {
				if all[i] != want[i] {
					t.Errorf("outcome %d is %v, want %v", i, all[i], want[i])
				}
			}
			return err
		})
	})
	t.Run("of no futures is finished", func(t *testing.T) {
		l := New()
		if f := Gather[int, *Task[int]](l); f.State() != Finished {
			t.Errorf("the future is %v, want %v", f.State(), Finished)
		}
	})
	t.Run("can't be given a result", func(t *testing.T) {
		l := New()
		f := Gather(l, NewFuture[int](l))
		wantError(t, "SetResult", f.SetResult(nil), ErrDriven)
	})
	t.Run("that is cancelled cancels all and waits for them", func(t *testing.T) {
		l := New()
		run(t, l, func(co *Coroutine) error {
			done, long, stubborn := value(l, 1, 0, nil), value(l, 2, 1000, nil), Go(l, func(co *Coroutine) (int, error) {
				co.Sleep(time.Hour)
				co.Sleep(0)
				return 3, nil
			})
			task := Go(l, func(co *Coroutine) ([]Outcome[int], error) { return Await(co, Gather(l, done, long, stubborn)) })
			co.Sleep(0)
			co.Sleep(0)
			task.Cancel()
			_, err := Await(co, task)
			wantError(t, "await", err, ErrCancelled)
			if done.State() != Finished || long.State() != Cancelled || stubborn.State() != Finished {
				t.Errorf("the tasks are %v, %v and %v, want finished, cancelled and finished", done.State(), long.State(), stubborn.State())
			}
			return nil
		})
	})
}
