package generator

import (
	"errors"
	"iter"
	"runtime"
)

// A Generator is a body that runs step by step. It yields values of type Y,
// receives values of type S and returns an R. Create one with [New] or
// [NewPull].
type Generator[Y, S, R any] struct {
	// The body's goroutine refers to the core, not to the Generator, so that
	// the Generator can become unreachable while its body is paused.
	core *core[Y, S, R]
}

// None is the type S of a generator that receives nothing and the type R of one
// that returns nothing.
type None = struct{}

// New returns a generator whose body runs on its own goroutine and is stepped
// over two channels. Nothing runs before the first Next.
func New[Y, S, R any](body func(*Yielder[Y, S]) (R, error)) *Generator[Y, S, R] {
	return newGenerator(body, onChannels)
}

// NewPull returns a generator whose body runs on a coroutine of [iter.Pull]. It
// behaves as one from [New], at about a third of the cost of a step. It has the
// restriction of iter.Pull: a goroutine that is locked to an operating system
// thread can't step it in turn with others.
func NewPull[Y, S, R any](body func(*Yielder[Y, S]) (R, error)) *Generator[Y, S, R] {
	return newGenerator(body, onPull)
}

func newGenerator[Y, S, R any](body func(*Yielder[Y, S]) (R, error), on transport[Y, S]) *Generator[Y, S, R] {
	return &Generator[Y, S, R]{&core[Y, S, R]{body: body, on: on}}
}

// Next resumes the body and returns the value of its next Yield. In the body,
// the Yield at which it was paused returns the zero S. At the end, the error is
// a [Stop] with the body's return value, or the body's error.
func (g *Generator[Y, S, R]) Next() (Y, error) {
	return deliver(g.step(message[S]{}))
}

// Send is like Next, but the Yield at which the body is paused returns v.
// Before the first Next it fails with [ErrNotStarted].
func (g *Generator[Y, S, R]) Send(v S) (Y, error) {
	return deliver(g.step(message[S]{value: v, sent: true}))
}

// Throw is like Next, but the Yield at which the body is paused returns err.
// The body may yield again, and Throw returns that value, or it may end. If the
// generator hasn't started, the error ends it and the body never runs. If it is
// finished, Throw returns err.
func (g *Generator[Y, S, R]) Throw(err error) (Y, error) {
	if err == nil {
		var none Y
		return none, errThrowNil
	}
	return deliver(g.step(message[S]{thrown: err}))
}

// Close ends the generator. The Yield at which the body is paused returns
// [ErrExit]. If the body then returns that error or none, Close returns nil;
// otherwise it returns the body's error. A generator that hasn't started ends
// without running, and Close has no effect on a finished one.
func (g *Generator[Y, S, R]) Close() error {
	_, err := deliver(None{}, g.close())
	return err
}

// close is Close, but returns a panic of the body as an *unwinding.
func (g *Generator[Y, S, R]) close() error {
	_, err := g.step(message[S]{thrown: ErrExit})
	switch {
	case err == nil:
		return ErrIgnoredExit
	case errors.Is(err, ErrStop), errors.Is(err, ErrExit):
		return nil
	default:
		return err
	}
}

// All returns an iterator over the remaining values. After the loop,
// [Generator.Result] returns the body's result. As in Python, a loop that is
// left early leaves the generator paused where it is.
func (g *Generator[Y, S, R]) All() iter.Seq[Y] {
	return func(yield func(Y) bool) {
		for {
			v, err := g.Next()
			if err != nil || !yield(v) {
				return
			}
		}
	}
}

// Result returns the body's result: its value, or the error that it ended with.
// Before the end the error is [ErrUnfinished]. Result may be called repeatedly.
func (g *Generator[Y, S, R]) Result() (R, error) {
	if g.core.state.Load() != finished {
		var none R
		return none, ErrUnfinished
	}
	return g.core.result, g.core.err
}

// step calls core.step and keeps the generator reachable meanwhile.
func (g *Generator[Y, S, R]) step(m message[S]) (Y, error) {
	if g.core.state.Load() == unstarted && m.thrown == nil && !m.sent {
		runtime.AddCleanup(g, (*core[Y, S, R]).abandon, g.core)
	}
	v, err := g.core.step(m)
	runtime.KeepAlive(g)
	return v, err
}

// deliver continues a body's panic or Goexit in its caller.
func deliver[Y any](v Y, err error) (Y, error) {
	if u, ok := err.(*unwinding); ok {
		if u.panicked == nil {
			runtime.Goexit()
		}
		panic(u.panicked)
	}
	return v, err
}
