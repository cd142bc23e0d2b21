package eventloop

import (
	"errors"
	"fmt"
)

var (
	// ErrRunning answers a Run of a loop that already runs, from inside or
	// from another goroutine.
	ErrRunning = errors.New("eventloop: this loop is already running")

	// ErrWrongGoroutine answers whoever touches a loop without having the
	// turn: another goroutine, or a coroutine that uses another's Coroutine.
	ErrWrongGoroutine = errors.New("eventloop: called out of turn: only the coroutine or callback that the loop runs at this moment may")

	// ErrCancelled is the error of a cancelled future, and what a wait in a
	// cancelled task returns.
	ErrCancelled = errors.New("eventloop: cancelled")

	// ErrPending answers a question for the result of a future that has none.
	ErrPending = errors.New("eventloop: the future is still pending")

	// ErrDone answers an attempt to finish or cancel a future that is done.
	ErrDone = errors.New("eventloop: the future is done already")

	// ErrDriven answers a SetResult or SetError of a task, which only its
	// coroutine can finish.
	ErrDriven = errors.New("eventloop: only its coroutine finishes a task")

	// ErrTimeout is the error of a WaitFor that took too long.
	ErrTimeout = errors.New("eventloop: timed out")

	// ErrStuck is the error of a Run whose tasks wait for futures, while there
	// is no timer, no socket and no other task left that could finish them.
	ErrStuck = errors.New("eventloop: stuck")

	// ErrClosed is what operations on a closed socket return, those that were
	// waiting included.
	ErrClosed = errors.New("eventloop: the socket is closed")

	// ErrBusy answers a second operation in the same direction on a socket
	// that another task is waiting for.
	ErrBusy = errors.New("eventloop: another task waits for this socket in this direction")

	errAwaitsItself = errors.New("eventloop: a task can't wait for itself")
	errOtherLoop    = errors.New("eventloop: the future belongs to another loop")
	errExited       = errors.New("eventloop: the coroutine ended by runtime.Goexit")
)

// A PanicError is the error of a task whose coroutine panicked, or of a Run in
// which a callback did.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // where
}

func (p *PanicError) Error() string {
	return fmt.Sprintf("eventloop: panic: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value, when it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
