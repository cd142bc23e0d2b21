package eventloop

import (
	"errors"
	"fmt"
)

var (
	// ErrRunning is returned by Run if the loop is already running, whether Run
	// is called from inside the loop or from another goroutine.
	ErrRunning = errors.New("eventloop: this loop is already running")

	// ErrWrongGoroutine is returned to a caller that doesn't have the turn:
	// another goroutine, or a coroutine that uses another's Coroutine.
	ErrWrongGoroutine = errors.New("eventloop: called out of turn: only the coroutine or callback that is running may use the loop")

	// ErrCancelled is the error of a cancelled future, and of a wait in a task
	// that is being cancelled.
	ErrCancelled = errors.New("eventloop: cancelled")

	// ErrPending is returned by Result if the future is still pending.
	ErrPending = errors.New("eventloop: the future is still pending")

	// ErrDone is returned by attempts to finish or cancel a future that is
	// done.
	ErrDone = errors.New("eventloop: the future is already done")

	// ErrDriven is returned by SetResult and SetError of a task, which only its
	// coroutine can finish, and of a future that Gather returned.
	ErrDriven = errors.New("eventloop: the future can't be set: a task or Gather finishes it")

	// ErrTimeout is returned by WaitFor if the time limit passes.
	ErrTimeout = errors.New("eventloop: timed out")

	// ErrStuck is returned by Run if tasks are waiting for futures, and no
	// timer, socket or other task is left that could finish them.
	ErrStuck = errors.New("eventloop: stuck")

	// ErrClosed is returned by operations on a closed socket, including those
	// that were waiting when it was closed.
	ErrClosed = errors.New("eventloop: the socket is closed")

	// ErrBusy is returned by an operation on a socket if another task is
	// already waiting to use the socket in the same direction.
	ErrBusy = errors.New("eventloop: another task is waiting for this socket in this direction")

	errAwaitsItself = errors.New("eventloop: a task can't wait for itself")
	errOtherLoop    = errors.New("eventloop: the future belongs to another loop")
	errExited       = errors.New("eventloop: the coroutine called runtime.Goexit")
)

// A PanicError is the error of a task whose coroutine panicked, or of a Run in
// which a callback panicked.
type PanicError struct {
	Value any    // the value of the panic
	Stack []byte // the stack at the panic
}

func (p *PanicError) Error() string {
	return fmt.Sprintf("eventloop: panic: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
