package generator

import (
	"errors"
	"fmt"
)

var (
	// ErrStop matches every [Stop] with errors.Is, whatever the type of its
	// value.
	ErrStop = errors.New("generator: finished")

	// ErrNotStarted is returned by a Send to a generator that hasn't started:
	// no Yield could receive the value yet. The generator stays unstarted.
	ErrNotStarted = errors.New("generator: can't send to a generator that hasn't started: call Next first")

	// ErrRunning is returned by a call to a generator that is running: from its
	// own body, from a body to which it delegates, or from another goroutine.
	ErrRunning = errors.New("generator: already running")

	// ErrExit is returned by Yield in a generator that is being closed. The
	// body should then return it. It is Python's GeneratorExit.
	ErrExit = errors.New("generator: closed")

	// ErrIgnoredExit is returned by a Close whose generator yielded again. The
	// generator is still open.
	ErrIgnoredExit = errors.New("generator: the body ignored ErrExit and yielded again")

	// ErrRaisedStop replaces a [Stop] that a body returns as its error, most
	// often the error of another generator's Next. Otherwise it would look like
	// the end of this generator.
	ErrRaisedStop = errors.New("generator: the body returned another generator's Stop as its error")

	// ErrNotRunning is returned by Yield when the generator isn't running: the
	// Yielder was kept and used outside the body.
	ErrNotRunning = errors.New("generator: Yield called outside the running body")

	// ErrUnfinished is returned by Result before the end.
	ErrUnfinished = errors.New("generator: not finished yet")

	errExited   = errors.New("generator: the body called runtime.Goexit")
	errThrowNil = errors.New("generator: throw: the error is nil")
)

// A Stop is the error of a generator at its end and carries the body's return
// value, like Python's StopIteration. As in Python, only the first call that
// reaches the end gets the value; later calls get a Stop with the zero R. See
// also [Generator.Result].
type Stop[R any] struct {
	Value R
}

func (s Stop[R]) Error() string {
	switch value := any(s.Value).(type) {
	case nil, None:
		return ErrStop.Error()
	default:
		return fmt.Sprintf("%v, returned %v", ErrStop, value)
	}
}

// Is reports whether target is ErrStop.
func (s Stop[R]) Is(target error) bool { return target == ErrStop }

// A PanicError is the value with which a call panics if the body it stepped
// panicked.
type PanicError struct {
	Value any    // the value with which the body panicked
	Stack []byte // the body's stack at the panic
}

func (p *PanicError) Error() string {
	return fmt.Sprintf("generator: the body panicked: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// An unwinding carries a body's panic or runtime.Goexit from step to step, to
// the call that began them.
type unwinding struct {
	panicked *PanicError // nil for runtime.Goexit
}

func (*unwinding) Error() string { return "generator: unwinding" }
