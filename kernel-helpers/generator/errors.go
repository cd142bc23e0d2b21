package generator

import (
	"errors"
	"fmt"
)

var (
	// ErrStop is what every [Stop] is, whatever its type of value.
	ErrStop = errors.New("generator: at its end")

	// ErrNotStarted answers a Send to a generator that hasn't begun: there is
	// no Yield yet that could receive the value. It stays unstarted.
	ErrNotStarted = errors.New("generator: can't send to a generator that hasn't started: call Next first")

	// ErrRunning answers a call to a generator that is running at this moment:
	// from its own body, from one it delegates to, or from another goroutine.
	ErrRunning = errors.New("generator: already running")

	// ErrExit is what Yield returns in a generator that is being closed, and
	// what the body should return then. Python's GeneratorExit.
	ErrExit = errors.New("generator: closed")

	// ErrIgnoredExit answers a Close whose generator yielded again. It is
	// still open.
	ErrIgnoredExit = errors.New("generator: the body ignored ErrExit and yielded again")

	// ErrRaisedStop is what comes of a body that returns a [Stop] as its
	// error, most often that of another generator's Next. It must not look
	// like the end of this one.
	ErrRaisedStop = errors.New("generator: the body returned another generator's Stop as its error")

	// ErrNotRunning is what Yield returns when the generator isn't running:
	// somebody kept the Yielder and uses it outside of the body.
	ErrNotRunning = errors.New("generator: Yield outside of the running body")

	// ErrUnfinished is what Result returns before the end.
	ErrUnfinished = errors.New("generator: not at its end yet")

	errExited   = errors.New("generator: the body ended by runtime.Goexit")
	errThrowNil = errors.New("generator: throw: no error given")
)

// A Stop is the error of a generator at its end, and carries what the body
// returned: Python's StopIteration. As there, only the first call that meets
// the end gets the value; later ones get a Stop with the zero R. See also
// [Generator.Result].
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

// Is makes errors.Is(err, ErrStop) true.
func (s Stop[R]) Is(target error) bool { return target == ErrStop }

// A PanicError is the value with which a call panics when the body it stepped
// has panicked.
type PanicError struct {
	Value any    // what the body panicked with
	Stack []byte // of the body, at the panic
}

func (p *PanicError) Error() string {
	return fmt.Sprintf("generator: the body panicked: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value, when it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// An unwinding is how a body's panic or runtime.Goexit travels from step to
// step, to come out of the call that began them.
type unwinding struct {
	panicked *PanicError // nil: runtime.Goexit
}

func (*unwinding) Error() string { return "generator: unwinding" }
