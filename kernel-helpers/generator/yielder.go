package generator

import (
	"errors"
	"runtime"
	"sync/atomic"
)

// A Yielder is the generator as its body sees it. It is for the goroutine of
// the body, and until the body returns.
type Yielder[Y, S any] struct {
	state atomic.Int32

	// toBody gives the turn to the body and returns when it is back; toCaller
	// is the same from the other side. Who has the turn owns what follows.
	toBody, toCaller func()

	message  message[S]                 // what the caller steps the body with
	yielded  Y                          // what the body answers
	ended    bool                       // the body won't yield any more
	delegate func(message[S]) (Y, bool) // where steps go instead; see From
}

// The states of a generator.
const (
	unstarted int32 = iota
	suspended       // at a Yield
	running
	finished
)

type message[S any] struct {
	value     S
	thrown    error // if any, is what Yield returns
	sent      bool  // value was sent, and isn't just the zero of Next
	abandoned bool  // nobody is there to take another value
}

// Yield hands v to the caller and stands still until the next step. It returns
// the value of a Send, the zero S for a Next, or the error of a Throw or Close.
// A body that gets an error returns it, unless it knows better.
func (y *Yielder[Y, S]) Yield(v Y) (S, error) {
	if y.state.Load() != running {
		var none S
		return none, ErrNotRunning
	}
	if y.message.abandoned {
		// The body has had its ErrExit: run its deferred calls, and no more.
		runtime.Goexit()
	}
	y.yielded = v
	y.toCaller()
	return y.message.value, y.message.thrown
}

// Sent reports whether the value of the last Yield came from Send: it tells a
// zero that was sent from the nothing of Next.
func (y *Yielder[Y, S]) Sent() bool { return y.message.sent }

// From hands the body over to another generator until that one's end: values
// it yields go to the caller, what the caller sends and throws goes to it, and
// From returns what it returned. Python's yield from.
//
// An ErrExit closes it, and then is From's error. The inner generator need not
// be fresh; one that is at its end returns the zero R.
func From[Y, S, R any](y *Yielder[Y, S], inner *Generator[Y, S, R]) (result R, err error) {
	if y.state.Load() != running {
		return result, ErrNotRunning
	}
	// step passes a message on. It runs in the goroutine of whoever steps the
	// outer generator, while the outer body stands still in Yield.
	step := func(m message[S]) (v Y, more bool) {
		if m.thrown != nil && errors.Is(m.thrown, ErrExit) {
			if err = inner.close(); err == nil {
				err = m.thrown
			}
			return v, false
		}
		if v, err = inner.step(m); err == nil {
			return v, true
		}
		if stop, ok := errors.AsType[Stop[R]](err); ok {
			result, err = stop.Value, nil
		}
		return v, false
	}
	if v, more := step(message[S]{}); more {
		y.delegate = step
		y.Yield(v) // comes back when step says that there is no more
	}
	_, err = deliver(None{}, err)
	return result, err
}
