package eventloop

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// touches returns all the ways to use a loop.
func touches(l *Loop, co *Coroutine, s *Socket, timer *Timer) map[string]func() error {
	pending := NewFuture[int](l)
	return map[string]func() error{
		"SetResult":       func() error { return pending.SetResult(1) },
		"SetError":        func() error { return pending.SetError(errors.New("oops")) },
		"Cancel":          func() error { return pending.Cancel() },
		"AddDoneCallback": func() error { return pending.AddDoneCallback(func(*Future[int]) {}) },
		"Future.Result":   func() error { _, err := pending.Result(); return err },
		"Gather":          func() error { _, err := Gather(l, pending).stateAndError(); return err },
		"Go":              func() error { _, err := Go(l, busy).stateAndError(); return err },
		"CallSoon":        func() error { return l.CallSoon(func() {}) },
		"CallLater":       func() error { _, err := l.CallLater(time.Hour, func() {}); return err },
		"Timer.Stop":      timer.Stop,
		"Listen":          func() error { _, err := Listen(l, "127.0.0.1:0"); return err },
		"Socket.Close":    s.Close,
		"Await":           func() error { _, err := Await(co, pending); return err },
		"WaitFor":         func() error { _, err := WaitFor(co, time.Hour, pending); return err },
		"Sleep(0)":        func() error { return co.Sleep(0) },
		"Sleep(1)":        func() error { return co.Sleep(1) },
		"Connect":         func() error { _, err := Connect(co, "127.0.0.1:1"); return err },
		"Accept":          func() error { _, err := s.Accept(co); return err },
		"Recv":            func() error { _, err := s.Recv(co, make([]byte, 1)); return err },
		"Send":            func() error { _, err := s.Send(co, make([]byte, 1)); return err },
	}
}

// stateAndError reads a future without having the turn.
func (c *core) stateAndError() (State, error) { return c.State(), c.err }

// withTouches runs f in a coroutine and passes it all the ways to use the loop.
func withTouches(t *testing.T, l *Loop, f func(co *Coroutine, touches map[string]func() error) error) {
	t.Helper()
	run(t, l, func(co *Coroutine) error {
		s, err := Listen(l, "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer s.Close()
		timer, err := l.CallLater(time.Hour, func() { t.Error("the timer fired") })
		if err != nil {
			return err
		}
		defer timer.Stop()
		return f(co, touches(l, co, s, timer))
	})
}

func wantAllRefused(t *testing.T, when string, touches map[string]func() error) {
	t.Helper()
	for name, touch := range touches {
		wantError(t, name+" "+when, touch(), ErrWrongGoroutine)
	}
}

// wantAllRefusedElsewhere tries all from a goroutine of its own.
func wantAllRefusedElsewhere(t *testing.T, touches map[string]func() error) {
	t.Helper()
	done := make(chan None)
	go func() {
		defer close(done)
		wantAllRefused(t, "in another goroutine", touches)
	}()
	<-done
}

func TestOnlyTheOwnerOfTheTurnMayUseTheLoop(t *testing.T) {
	t.Run("another goroutine while a coroutine runs: no", func(t *testing.T) {
		withTouches(t, New(), func(co *Coroutine, touches map[string]func() error) error {
			wantAllRefusedElsewhere(t, touches)
			return co.Sleep(0)
		})
	})
	t.Run("another goroutine while a callback runs: no", func(t *testing.T) {
		l := New()
		withTouches(t, l, func(co *Coroutine, touches map[string]func() error) error {
			l.CallSoon(func() { wantAllRefusedElsewhere(t, touches) })
			return co.Sleep(0)
		})
	})
	t.Run("any goroutine while the loop waits in poll: no", func(t *testing.T) {
		l := New()
		var all map[string]func() error
		waits := 0
		now := time.Now()
		l.now = func() time.Time { return now } // stands still except during waits
		l.poll.wait = func(_ []unix.PollFd, milliseconds int) error {
			if milliseconds != 0 {
				waits++
				wantAllRefused(t, "in poll", all)
				now = now.Add(time.Duration(milliseconds) * time.Millisecond)
			}
			return nil
		}
		withTouches(t, l, func(co *Coroutine, touches map[string]func() error) error {
			all = touches
			return co.Sleep(time.Millisecond)
		})
		if waits != 1 {
			t.Errorf("the loop waited %d times, want once", waits)
		}
	})
	t.Run("a coroutine with another's Coroutine: no", func(t *testing.T) {
		l := New()
		withTouches(t, l, func(co *Coroutine, touches map[string]func() error) error {
			_, err := Await(co, Go(l, func(*Coroutine) (None, error) {
				for _, name := range []string{"Await", "WaitFor", "Sleep(0)", "Sleep(1)", "Connect", "Accept", "Recv", "Send"} {
					wantError(t, name+" with another's Coroutine", touches[name](), ErrWrongGoroutine)
				}
				return None{}, nil
			}))
			return err
		})
	})
	t.Run("any goroutine before and after Run: yes", func(t *testing.T) {
		l := New()
		var order []string
		f := NewFuture[int](l)
		f.AddDoneCallback(func(*Future[int]) { order = append(order, "callback") })
		task := Go(l, func(*Coroutine) (None, error) { order = append(order, "task"); return None{}, nil })
		if err := f.SetResult(1); err != nil {
			t.Errorf("SetResult before Run: got error %v, want nil", err)
		}
		run(t, l, func(co *Coroutine) error { return co.Sleep(0) })
		if task.State() != Finished || len(order) != 2 {
			t.Errorf("the task is %v and the calls are %v, want finished and 2 calls", task.State(), order)
		}
		if _, err := f.Result(); err != nil {
			t.Errorf("Result after Run: got error %v, want nil", err)
		}
	})
}

// A goroutine's stack is moved when it grows or shrinks.
func TestTheOwnerIsRecognizedAtAnyStackDepth(t *testing.T) {
	l := New()
	var deep func(co *Coroutine, depth int) error
	deep = func(co *Coroutine, depth int) error {
		var ballast [512]byte
		ballast[depth%len(ballast)] = 1
		if depth == 0 {
			return co.Sleep(0)
		}
		if depth%7 == 0 {
			if err := co.Sleep(0); err != nil {
				return err
			}
		}
		return deep(co, depth-1)
	}
	run(t, l, func(co *Coroutine) error {
		for _, depth := range []int{1, 100, 3, 500, 10} {
			if err := deep(co, depth); err != nil {
				return err
			}
		}
		return nil
	})
}
