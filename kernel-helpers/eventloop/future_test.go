package eventloop

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestAFutureLeavesPendingOnce(t *testing.T) {
	oops := errors.New("oops")
	for name, c := range map[string]struct {
		end    func(f *Future[int]) error
		state  State
		result int
		err    error
	}{
		"a result":       {func(f *Future[int]) error { return f.SetResult(7) }, Finished, 7, nil},
		"an error":       {func(f *Future[int]) error { return f.SetError(oops) }, Finished, 0, oops},
		"a cancellation": {func(f *Future[int]) error { return f.Cancel() }, Cancelled, 0, ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewFuture[int](New())
			if _, err := f.Result(); f.State() != Pending || err != ErrPending {
				t.Errorf("before: got state %v and error %v, want %v and %v", f.State(), err, Pending, ErrPending)
			}
			if err := c.end(f); err != nil {
				t.Errorf("got error %v, want nil", err)
			}
			if v, err := f.Result(); f.State() != c.state || v != c.result || err != c.err {
				t.Errorf("got %v, %v, %v; want %v, %v, %v", f.State(), v, err, c.state, c.result, c.err)
			}
			wantError(t, "a second SetResult", f.SetResult(8), ErrDone)
			wantError(t, "SetError afterwards", f.SetError(oops), ErrDone)
			wantError(t, "Cancel afterwards", f.Cancel(), ErrDone)
			if v, err := f.Result(); f.State() != c.state || v != c.result || err != c.err {
				t.Errorf("after further calls: got %v, %v, %v; want %v, %v, %v", f.State(), v, err, c.state, c.result, c.err)
			}
		})
	}
}

func TestDoneCallbacksRunInOrderInALaterTurn(t *testing.T) {
	l := New()
	var order []string
	note := func(s string) func(*Future[int]) {
		return func(f *Future[int]) {
			v, err := f.Result()
			order = append(order, fmt.Sprint(s, " ", v, " ", err))
		}
	}
	run(t, l, func(co *Coroutine) error {
		f := NewFuture[int](l)
		f.AddDoneCallback(note("first"))
		f.AddDoneCallback(note("second"))
		f.SetResult(7)
		f.AddDoneCallback(note("late")) // called although the future is done already
		order = append(order, "set")
		return co.Sleep(0)
	})
	if want := []string{"set", "first 7 <nil>", "second 7 <nil>", "late 7 <nil>"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

func TestATaskIsAFuture(t *testing.T) {
	l := New()
	called := false
	run(t, l, func(co *Coroutine) error {
		task := Go(l, func(co *Coroutine) (int, error) { return 7, co.Sleep(0) })
		task.AddDoneCallback(func(f *Future[int]) { called = f.State() == Finished })
		wantError(t, "SetResult", task.SetResult(8), ErrDriven)
		wantError(t, "SetError", task.SetError(errors.New("oops")), ErrDriven)
		if task.State() != Pending {
			t.Errorf("the task is %v, want %v", task.State(), Pending)
		}
		v, err := Await(co, task)
		if v != 7 || task.State() != Finished {
			t.Errorf("got %d and a task that is %v, want 7 and %v", v, task.State(), Finished)
		}
		return err
	})
	if !called {
		t.Error("the done callback was not called")
	}
}

func TestACoroutineCallsAnotherLikeAFunction(t *testing.T) {
	l := New()
	inner := func(co *Coroutine) (int, error) { return 1, co.Sleep(0) }
	outer := func(co *Coroutine) (int, error) { return inner(co) }
	run(t, l, func(co *Coroutine) error {
		v, err := Await(co, Go(l, outer))
		if v != 1 {
			t.Errorf("got %d, want 1", v)
		}
		return err
	})
}

func TestAwaitingAFutureThatCantBeAwaitedFails(t *testing.T) {
	l := New()
	run(t, l, func(co *Coroutine) error {
		_, err := Await(co, NewFuture[int](New()))
		wantError(t, "a future of another loop", err, errOtherLoop)
		_, err = Await(co, Gather(l, NewFuture[int](New())))
		wantError(t, "a gathered future of another loop", err, errOtherLoop)
		var task *Task[None]
		task = Go(l, func(co *Coroutine) (None, error) { return Await(co, task) })
		_, err = Await(co, task)
		wantError(t, "the task itself", err, errAwaitsItself)
		return nil
	})
}
