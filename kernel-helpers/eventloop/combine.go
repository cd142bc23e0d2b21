package eventloop

import (
	"errors"
	"fmt"
	"time"
)

// An Outcome is how one of several futures ended.
type Outcome[T any] struct {
	Value T
	Err   error
}

// Gather returns a future of the outcomes of several futures or tasks, in
// their order, failures kept beside results. It is done when all are; when one
// fails the others go on. Cancelling it cancels all that are pending.
func Gather[T any, A Awaitable[T]](l *Loop, on ...A) *Future[[]Outcome[T]] {
	all := NewFuture[[]Outcome[T]](l)
	all.driven = true
	if err := l.check(); err != nil {
		all.state.Store(int32(Finished))
		all.err = err
		return all
	}
	all.value = make([]Outcome[T], len(on))
	cancelled := false
	all.ask = func() {
		cancelled = true
		for _, a := range on {
			if f := a.awaited(); f.State() == Pending {
				f.doCancel()
			}
		}
	}
	pending := len(on)
	done := func() {
		switch {
		case pending > 0:
		case cancelled:
			all.finish(Cancelled, ErrCancelled)
		default:
			all.finish(Finished, nil)
		}
	}
	for i, a := range on {
		f := a.awaited()
		if f.loop != l {
			all.finish(Finished, errOtherLoop)
			return all
		}
		f.whenDone(func() {
			f.markRead()
			all.value[i] = Outcome[T]{f.value, f.err}
			pending--
			done()
		})
	}
	done()
	return all
}

// WaitFor is [Await] for at most d. When that is over, it cancels what it waits
// for, waits until that has ended, and returns [ErrTimeout].
func WaitFor[T any](co *Coroutine, d time.Duration, on Awaitable[T]) (T, error) {
	late := false
	f := on.awaited()
	if err := co.task.check(); err != nil {
		var none T
		return none, err
	}
	timer := co.task.self.loop.later(d, func() {
		if f.State() == Pending {
			late = true
			f.doCancel()
		}
	})
	defer timer.stop()
	v, err := Await(co, on)
	if late && errors.Is(err, ErrCancelled) {
		err = fmt.Errorf("%w after %v", ErrTimeout, d)
	}
	return v, err
}
