package eventloop

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestTimersFireInTheOrderOfTheirTimes(t *testing.T) {
	l := New()
	passed := fakeClock(l)
	var order []string
	run(t, l, func(co *Coroutine) error {
		var stopped []*Timer
		for i, ms := range []int{30, 10, 20, 10, 25, 5, 10} {
			timer, err := l.CallLater(time.Duration(ms)*time.Millisecond, func() {
				order = append(order, fmt.Sprint(i, " at ", passed()))
			})
			if err != nil {
				return err
			}
			if ms == 25 || ms == 5 {
				stopped = append(stopped, timer)
			}
		}
		for _, timer := range stopped {
			for range 2 { // a stopped timer can be stopped again
				if err := timer.Stop(); err != nil {
					return err
				}
			}
		}
		return co.Sleep(time.Second)
	})
	if want := []string{"1 at 10ms", "3 at 10ms", "6 at 10ms", "2 at 20ms", "0 at 30ms"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

func TestManySleepersWaitAtTheSameTime(t *testing.T) {
	l := New()
	passed := fakeClock(l)
	run(t, l, func(co *Coroutine) error {
		tasks := make([]*Task[None], 500)
		for i := range tasks {
			tasks[i] = Go(l, func(co *Coroutine) (None, error) {
				return None{}, co.Sleep(time.Duration(i%50+1) * time.Millisecond)
			})
		}
		_, err := Await(co, Gather(l, tasks...))
		return err
	})
	if passed() != 50*time.Millisecond {
		t.Errorf("500 sleeps of at most 50ms took %v, want 50ms", passed())
	}
	if len(l.timers.heap) != 0 {
		t.Errorf("%d timers are left, want 0", len(l.timers.heap))
	}
}

func TestATimerIsNeverEarly(t *testing.T) {
	for _, d := range []time.Duration{1, time.Microsecond, time.Millisecond - 1, time.Millisecond, time.Millisecond + 1} {
		l := New()
		passed := fakeClock(l)
		run(t, l, func(co *Coroutine) error { return co.Sleep(d) })
		if passed() < d || passed() >= d+time.Millisecond {
			t.Errorf("a sleep of %v took %v, want less than a millisecond more", d, passed())
		}
	}
}

func TestWaitFor(t *testing.T) {
	t.Run("returns a result that comes in time", func(t *testing.T) {
		l := New()
		fakeClock(l)
		run(t, l, func(co *Coroutine) error {
			v, err := WaitFor(co, time.Second, Go(l, func(co *Coroutine) (int, error) { return 7, co.Sleep(time.Millisecond) }))
			if v != 7 {
				t.Errorf("got %d, want 7", v)
			}
			if len(l.timers.heap) != 0 {
				t.Error("the timer is left")
			}
			return err
		})
	})
	t.Run("cancels a task that is late and waits for it", func(t *testing.T) {
		l := New()
		passed := fakeClock(l)
		run(t, l, func(co *Coroutine) error {
			cleaned := false
			task := Go(l, func(co *Coroutine) (int, error) {
				err := co.Sleep(time.Hour)
				co.Sleep(time.Second)
				cleaned = true
				return 0, err
			})
			_, err := WaitFor(co, time.Second, task)
			wantError(t, "wait", err, ErrTimeout)
			if !cleaned || task.State() != Cancelled || passed() != 2*time.Second {
				t.Errorf("cleaned up: %v, want true; task %v, want cancelled; after %v, want 2s", cleaned, task.State(), passed())
			}
			return nil
		})
	})
	t.Run("returns the result of a task that ignores the cancellation", func(t *testing.T) {
		l := New()
		fakeClock(l)
		run(t, l, func(co *Coroutine) error {
			v, err := WaitFor(co, time.Second, Go(l, func(co *Coroutine) (int, error) {
				co.Sleep(time.Hour)
				return 7, nil
			}))
			if v != 7 {
				t.Errorf("got %d, want 7", v)
			}
			return err
		})
	})
	t.Run("passes on a cancellation, which is not a timeout", func(t *testing.T) {
		l := New()
		fakeClock(l)
		run(t, l, func(co *Coroutine) error {
			inner := Go(l, busy)
			outer := Go(l, func(co *Coroutine) (None, error) { return WaitFor(co, time.Hour, inner) })
			co.Sleep(0)
			co.Sleep(0)
			outer.Cancel()
			_, err := Await(co, outer)
			wantError(t, "await", err, ErrCancelled)
			if inner.State() != Cancelled {
				t.Errorf("the inner task is %v, want %v", inner.State(), Cancelled)
			}
			return nil
		})
	})
	t.Run("works with Gather", func(t *testing.T) {
		l := New()
		fakeClock(l)
		run(t, l, func(co *Coroutine) error {
			sleep := func(d time.Duration) *Task[None] {
				return Go(l, func(co *Coroutine) (None, error) { return None{}, co.Sleep(d) })
			}
			short, long := sleep(time.Millisecond), sleep(time.Hour)
			_, err := WaitFor(co, time.Second, Gather(l, short, long))
			wantError(t, "wait", err, ErrTimeout)
			if short.State() != Finished || long.State() != Cancelled {
				t.Errorf("the tasks are %v and %v, want finished and cancelled", short.State(), long.State())
			}
			return nil
		})
	})
}
