package eventloop

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestAFutureLeavesPendingOnceAndForAll(t *testing.T) {
	oops := errors.New("oops")
	for name, c := range map[string]struct {
		end    func(f *Future[int]) error
		state  State
		result int
		err    error
	}{
		"by a result":   {func(f *Future[int]) error { return f.SetResult(7) }, Finished, 7, nil},
		"by an error":   {func(f *Future[int]) error { return f.SetError(oops) }, Finished, 0, oops},
		"by cancelling": {func(f *Future[int]) error { return f.Cancel() }, Cancelled, 0, ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewFuture[int](New())
			if _, err := f.Result(); f.State() != Pending || err != ErrPending {
				t.Errorf("before: %v, %v", f.State(), err)
			}
			if err := c.end(f); err != nil {
				t.Error(err)
			}
			if v, err := f.Result(); f.State() != c.state || v != c.result || err != c.err {
				t.Errorf("%v, %v, %v", f.State(), v, err)
			}
			wantError(t, "another result", f.SetResult(8), ErrDone)
			wantError(t, "another error", f.SetError(oops), ErrDone)
			wantError(t, "cancel it now", f.Cancel(), ErrDone)
			if v, err := f.Result(); f.State() != c.state || v != c.result || err != c.err {
				t.Errorf("afterwards: %v, %v, %v", f.State(), v, err)
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
		f.AddDoneCallback(note("late")) // done already: called all the same
		order = append(order, "set")
		return co.Sleep(0)
	})
	if want := []string{"set", "first 7 <nil>", "second 7 <nil>", "late 7 <nil>"}; !slices.Equal(order, want) {
		t.Error(order)
	}
}

func TestATaskIsAFuture(t *testing.T) {
	l := New()
	called := false
	run(t, l, func(co *Coroutine) error {
		task := Go(l, func(co *Coroutine) (int, error) { return 7, co.Sleep(0) })
		task.AddDoneCallback(func(f *Future[int]) { called = f.State() == Finished })
		wantError(t, "to set a result", task.SetResult(8), ErrDriven)
		wantError(t, "to set an error", task.SetError(errors.New("oops")), ErrDriven)
		if task.State() != Pending {
			t.Error(task.State())
		}
		v, err := Await(co, task)
		if v != 7 || task.State() != Finished {
			t.Error(v, task.State())
		}
		return err
	})
	if !called {
		t.Error("its done callback wasn't called")
	}
}

func TestACoroutineCallsAnotherByCallingIt(t *testing.T) {
	l := New()
	inner := func(co *Coroutine) (int, error) { return 1, co.Sleep(0) }
	outer := func(co *Coroutine) (int, error) { return inner(co) }
	run(t, l, func(co *Coroutine) error {
		v, err := Await(co, Go(l, outer))
		if v != 1 {
			t.Error(v)
		}
		return err
	})
}

func TestAFutureThatCantBeAwaitedIsAnError(t *testing.T) {
	l := New()
	run(t, l, func(co *Coroutine) error {
		_, err := Await(co, NewFuture[int](New()))
		wantError(t, "of another loop", err, errOtherLoop)
		_, err = Await(co, Gather(l, NewFuture[int](New())))
		wantError(t, "of another loop, gathered", err, errOtherLoop)
		var task *Task[None]
		task = Go(l, func(co *Coroutine) (None, error) { return Await(co, task) })
		_, err = Await(co, task)
		wantError(t, "the task itself", err, errAwaitsItself)
		return nil
	})
}
