package eventloop

import (
	"errors"
	"fmt"
	"time"
)

// An Outcome is the result of one of several futures.
type Outcome[T any] struct {
	Value T
	Err   error
}

// Gather returns a future that holds the outcomes of several futures or tasks,
// in their order. A failure is an outcome like any other. The future is done
// when all of them are; if one fails, the others continue. Cancelling it
// cancels those that are pending.
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

// WaitFor is like [Await], but waits at most d. After that it cancels the future
// or task, waits until that has ended, and returns [ErrTimeout].
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
