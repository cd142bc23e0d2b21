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

	// in hands a message to the body and returns its reply; out hands a reply
	// to the caller and returns the next message. Each waits for the other.
	in  func(message[S]) reply[Y]
	out func(reply[Y]) message[S]

	delegate  func(message[S]) (Y, bool) // the generator that steps go to; see From
	sent      bool
	abandoned bool
}

// The states of a generator.
const (
	unstarted int32 = iota
	suspended       // at a Yield
	running
	finished
)

// A message is what a caller steps the body with.
type message[S any] struct {
	value     S
	sent      bool  // value was sent, and isn't just the zero of Next
	abandoned bool  // nobody waits for a reply
	thrown    error // if any, is what Yield returns
}

// A reply is what a body answers a step with.
type reply[Y any] struct {
	value Y
	what  outcome
}

type outcome int8

const (
	yielded outcome = iota
	ended           // the core has the result
	exited          // ended by runtime.Goexit
)

// Yield hands v to the caller and stands still until the next step. It returns
// the value of a Send, the zero S for a Next, or the error of a Throw or Close.
// A body that gets an error returns it, unless it knows better.
func (y *Yielder[Y, S]) Yield(v Y) (S, error) {
	m, err := y.yield(v)
	if err != nil {
		return m.value, err
	}
	y.sent = m.sent
	return m.value, m.thrown
}

// Sent reports whether the value of the last Yield came from Send: it tells a
// zero that was sent from the nothing of Next.
func (y *Yielder[Y, S]) Sent() bool { return y.sent }

func (y *Yielder[Y, S]) yield(v Y) (message[S], error) {
	if y.state.Load() != running {
		return message[S]{}, ErrNotRunning
	}
	if y.abandoned {
		// The body has had its ErrExit, and nobody is there to take a value:
		// run its deferred calls and no more.
		runtime.Goexit()
	}
	m := y.out(reply[Y]{value: v})
	y.abandoned = m.abandoned
	return m, nil
}

// From hands the body over to another generator until that one's end: values
// it yields go to the caller, what the caller sends and throws goes to it, and
// From returns what it returned. Python's yield from.
//
// An ErrExit closes it, and then is From's error. The inner generator need not
// be fresh; one that is at its end returns the zero R.
func From[Y, S, R any](y *Yielder[Y, S], inner *Generator[Y, S, R]) (result R, err error) {
	// step passes a message on. It runs in the goroutine of whoever steps the
	// outer generator, while the outer body stands still in yield.
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
	if y.state.Load() != running {
		return result, ErrNotRunning
	}
	if v, more := step(message[S]{}); more {
		y.delegate = step
		if _, err := y.yield(v); err != nil {
			return result, err
		}
	}
	_, err = deliver(None{}, err)
	return result, err
}
