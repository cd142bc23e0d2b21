package generator

import (
	"errors"
	"runtime"
	"sync/atomic"
)

// A Yielder is the body's end of a generator. Only the body's goroutine may use
// it, and only until the body returns.
type Yielder[Y, S any] struct {
	state atomic.Int32

	// toBody passes the turn to the body and returns when it comes back;
	// toCaller does the same in the other direction. The side that has the turn
	// owns the fields below.
	toBody, toCaller func()

	message  message[S]                 // what the caller passes to the body
	yielded  Y                          // what the body yields
	bodyDone bool                       // the body will not yield again
	delegate func(message[S]) (Y, bool) // if set, steps go here instead; see From
}

// The states of a generator.
const (
	unstarted int32 = iota
	suspended       // paused at a Yield
	running
	finished
)

// A message is what a step passes to the body.
type message[S any] struct {
	value     S
	thrown    error // if not nil, Yield returns it
	sent      bool  // value was sent; false for the zero of Next
	abandoned bool  // no caller will take another value
}

// Yield passes v to the caller and pauses until the next step. It returns the
// value of a Send, the zero S after a Next, or the error of a Throw or Close. A
// body normally returns such an error.
func (y *Yielder[Y, S]) Yield(v Y) (S, error) {
	if y.state.Load() != running {
		var none S
		return none, ErrNotRunning
	}
	if y.message.abandoned {
		// The body has had its ErrExit. Run its deferred calls only.
		runtime.Goexit()
	}
	y.yielded = v
	y.toCaller()
	return y.message.value, y.message.thrown
}

// Sent reports whether the last Yield returned a value from Send. It
// distinguishes a zero that was sent from the zero of a Next.
func (y *Yielder[Y, S]) Sent() bool { return y.message.sent }

// From delegates to another generator until that one ends, like Python's yield
// from. The values of inner go to the caller, the caller's values and errors go
// to inner, and From returns the result of inner.
//
// ErrExit closes inner, and From returns it, or the error of closing inner. The
// inner generator may already have started; if it is at its end, From returns the
// zero R.
func From[Y, S, R any](y *Yielder[Y, S], inner *Generator[Y, S, R]) (result R, err error) {
	if y.state.Load() != running {
		return result, ErrNotRunning
	}
	// step passes a message on. It runs in the goroutine of the outer
	// generator's caller, while the outer body is paused in Yield.
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
		y.Yield(v) // returns when step reports that there are no more values
	}
	_, err = deliver(None{}, err)
	return result, err
}
