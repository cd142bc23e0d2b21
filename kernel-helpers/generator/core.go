package generator

import (
	"errors"
	"runtime/debug"
)

// A core is a generator without its handle: the state machine that callers
// step, and the body.
type core[Y, S, R any] struct {
	Yielder[Y, S]
	body func(*Yielder[Y, S]) (R, error)
	on   transport[Y, S]

	// Set when the state becomes finished.
	result  R
	err     error
	unwound *unwinding
}

// A transport sets the Yielder's toBody and toCaller. The first call of toBody
// calls run.
type transport[Y, S any] func(y *Yielder[Y, S], run func())

// step runs the body until it yields or ends. The error is a Stop at the end,
// the body's own error, or an *unwinding.
func (c *core[Y, S, R]) step(m message[S]) (v Y, err error) {
	for {
		switch state := c.state.Load(); {
		case state == running:
			return v, ErrRunning
		case state == unstarted && m.sent:
			return v, ErrNotStarted
		case state == finished && m.thrown != nil:
			return v, m.thrown
		case state == finished:
			return v, Stop[R]{}
		case !c.state.CompareAndSwap(state, running):
			continue
		case state == unstarted && m.thrown != nil:
			return v, c.end(m.thrown)
		case state == unstarted:
			c.on(&c.Yielder, c.run)
		}
		break
	}
	if c.delegate != nil {
		v, more := c.delegate(m)
		if more {
			c.state.Store(suspended)
			return v, nil
		}
		c.delegate = nil
		m = message[S]{abandoned: m.abandoned}
	}
	c.message = m
	c.toBody()
	if c.bodyDone {
		return v, c.end(c.err)
	}
	v = c.yielded
	c.state.Store(suspended)
	return v, nil
}

// end finishes the generator with the error of its body.
func (c *core[Y, S, R]) end(err error) error {
	defer c.state.Store(finished)
	c.body, c.toBody, c.toCaller, c.delegate = nil, nil, nil, nil
	if errors.Is(err, ErrStop) {
		err = ErrRaisedStop
	}
	c.err = err
	switch {
	case c.unwound != nil:
		return c.unwound
	case err != nil:
		return err
	default:
		return Stop[R]{c.result}
	}
}

// run calls the body and records how it ends.
func (c *core[Y, S, R]) run() {
	returned := false
	defer func() {
		c.bodyDone = true
		if returned {
			return
		}
		c.unwound = &unwinding{}
		c.err = errExited
		if v := recover(); v != nil {
			c.unwound.panicked = asPanic(v)
			c.err = c.unwound.panicked
		}
	}()
	c.result, c.err = c.body(&c.Yielder)
	returned = true
}

// asPanic wraps the value of a body's panic. A panic that passes through
// several generators is wrapped once, with the stack of the first.
func asPanic(v any) *PanicError {
	if p, ok := v.(*PanicError); ok {
		return p
	}
	return &PanicError{v, debug.Stack()}
}

// abandon closes a generator that has become unreachable.
func (c *core[Y, S, R]) abandon() {
	if c.state.Load() != suspended {
		return
	}
	// The body may take a long time, which would hold up the runtime's
	// goroutine for cleanups. A panic has no caller here, so it ends the
	// program, as a panic in any goroutine does.
	go func() {
		deliver(c.step(message[S]{thrown: ErrExit, abandoned: true}))
	}()
}
