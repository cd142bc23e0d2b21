package generator

import (
	"errors"
	"iter"
	"runtime"
)

// A Generator is a body that runs step by step. Make one with [New] or
// [NewPull]. It yields values of Y, receives values of S and returns an R.
type Generator[Y, S, R any] struct {
	// The body's goroutine knows the core and not the Generator, so that a
	// Generator can become unreachable while its body stands still.
	core *core[Y, S, R]
}

// None is for the S of a generator that receives nothing, and for the R of one
// that returns nothing.
type None = struct{}

// New returns a generator whose body runs on a goroutine of its own and is
// stepped over two channels. Nothing runs before the first Next.
func New[Y, S, R any](body func(*Yielder[Y, S]) (R, error)) *Generator[Y, S, R] {
	return newGenerator(body, onChannels)
}

// NewPull returns a generator whose body runs on a coroutine of [iter.Pull]. It
// does what one from [New] does, and a step costs about a third. Its one
// restriction is iter.Pull's: goroutines that are locked to an operating system
// thread can't step it in turn with others.
func NewPull[Y, S, R any](body func(*Yielder[Y, S]) (R, error)) *Generator[Y, S, R] {
	return newGenerator(body, onPull)
}

func newGenerator[Y, S, R any](body func(*Yielder[Y, S]) (R, error), on transport[Y, S]) *Generator[Y, S, R] {
	return &Generator[Y, S, R]{&core[Y, S, R]{body: body, on: on}}
}

// Next runs the body to its next Yield and returns the value yielded there. In
// the body, the Yield that it stood at returns the zero S. At the end the error
// is a [Stop] with the returned value, or the error that the body returned.
func (g *Generator[Y, S, R]) Next() (Y, error) {
	return deliver(g.step(message[S]{}))
}

// Send is Next with a value, which the Yield that the body stands at returns.
// Before the first Next it fails with [ErrNotStarted].
func (g *Generator[Y, S, R]) Send(v S) (Y, error) {
	return deliver(g.step(message[S]{value: v, sent: true}))
}

// Throw is Next with an error, which the Yield that the body stands at returns.
// The body may yield again, which answers the Throw, or come to its end. Thrown
// at a generator that hasn't started, the error ends it without running the
// body. A finished generator gives the error back.
func (g *Generator[Y, S, R]) Throw(err error) (Y, error) {
	if err == nil {
		var none Y
		return none, errThrowNil
	}
	return deliver(g.step(message[S]{thrown: err}))
}

// Close ends the generator. The Yield that the body stands at returns
// [ErrExit]; when the body then returns, with that error or with none, Close
// returns nil, and else the body's error. A generator that hasn't started ends
// without running, and a finished one stays as it is.
func (g *Generator[Y, S, R]) Close() error {
	_, err := deliver(None{}, g.close())
	return err
}

// close is Close, except that a panic of the body is an *unwinding.
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

// All returns the values that are left, for range. At the end of the loop
// [Generator.Result] tells what the body returned. A loop that is left early
// leaves the generator where it is, as in Python.
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

// Result returns what the body returned, any number of times: its value, or
// the error it ended with. Before the end the error is [ErrUnfinished].
func (g *Generator[Y, S, R]) Result() (R, error) {
	if g.core.state.Load() != finished {
		var none R
		return none, ErrUnfinished
	}
	return g.core.result, g.core.err
}

// step is core.step for as long as the generator can be reached.
func (g *Generator[Y, S, R]) step(m message[S]) (Y, error) {
	if g.core.state.Load() == unstarted && m.thrown == nil && !m.sent {
		runtime.AddCleanup(g, (*core[Y, S, R]).abandon, g.core)
	}
	v, err := g.core.step(m)
	runtime.KeepAlive(g)
	return v, err
}

// deliver lets a panic or a Goexit of a body go on in its caller.
func deliver[Y any](v Y, err error) (Y, error) {
	if u, ok := err.(*unwinding); ok {
		if u.panicked == nil {
			runtime.Goexit()
		}
		panic(u.panicked)
	}
	return v, err
}
