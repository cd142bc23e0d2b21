package eventloop

import (
	"errors"
	"sync/atomic"
)

// A State is the state of a future.
type State int32

// The states of a future. A future leaves Pending once and then stays as it is.
const (
	Pending State = iota
	Cancelled
	Finished // with a result or an error
)

func (s State) String() string {
	return [...]string{"pending", "cancelled", "finished"}[s]
}

// A Future is a result that is set later. Waiting for it is done with [Await]
// or with a callback.
type Future[T any] struct {
	core
	value T
}

// core is the part of a Future that doesn't depend on the type of the result.
type core struct {
	loop      *Loop
	state     atomic.Int32 // a State
	err       error
	read      bool     // the result has been read, so its error need not be reported
	callbacks []func() // called when the future is done
	driven    bool     // only its coroutine or Gather may finish it
	ask       func()   // if set, cancels the future by asking whatever drives it to stop
	what      string   // in a traced loop, the socket operation that the future represents
}

// An Awaitable is a *[Future] or a *[Task].
type Awaitable[T any] interface {
	awaited() *Future[T]
}

func (f *Future[T]) awaited() *Future[T] { return f }

// NewFuture returns a pending future.
func NewFuture[T any](l *Loop) *Future[T] {
	return &Future[T]{core: core{loop: l}}
}

// State returns the future's state. It may be called from any goroutine.
func (c *core) State() State { return State(c.state.Load()) }

// Result returns the result or the error. The error is [ErrPending] if the
// future is pending and [ErrCancelled] if it was cancelled.
func (f *Future[T]) Result() (T, error) {
	var none T
	if err := f.loop.check(); err != nil {
		return none, err
	}
	if f.State() == Pending {
		return none, ErrPending
	}
	f.markRead()
	return f.value, f.err
}

// SetResult finishes the future.
func (f *Future[T]) SetResult(v T) error {
	if err := f.maySet(); err != nil {
		return err
	}
	f.value = v
	f.finish(Finished, nil)
	return nil
}

// SetError finishes the future with an error.
func (f *Future[T]) SetError(err error) error {
	if err := f.maySet(); err != nil {
		return err
	}
	f.finish(Finished, err)
	return nil
}

// Cancel cancels a pending future. If it is a task, its coroutine gets
// [ErrCancelled] from its current wait, or from its next one. If the task waits
// for another task, that one is cancelled first, and so on. A task is cancelled
// when its coroutine returns ErrCancelled; otherwise it continues.
func (c *core) Cancel() error {
	if err := c.mayEnd(); err != nil {
		return err
	}
	c.doCancel()
	return nil
}

// AddDoneCallback makes the loop call callback once the future is done, always
// in a later turn.
func (f *Future[T]) AddDoneCallback(callback func(*Future[T])) error {
	if err := f.loop.check(); err != nil {
		return err
	}
	f.whenDone(func() { callback(f) })
	return nil
}

func (c *core) maySet() error {
	if c.driven {
		return ErrDriven
	}
	return c.mayEnd()
}

func (c *core) mayEnd() error {
	if err := c.loop.check(); err != nil {
		return err
	}
	if c.State() != Pending {
		return ErrDone
	}
	return nil
}

func (c *core) doCancel() {
	if c.ask != nil {
		c.ask()
		return
	}
	c.finish(Cancelled, ErrCancelled)
}

func (c *core) whenDone(callback func()) {
	if c.State() != Pending {
		c.loop.soon(callback)
		return
	}
	c.callbacks = append(c.callbacks, callback)
}

// finish ends the future and puts its callbacks on the ready list.
func (c *core) finish(s State, err error) {
	c.state.Store(int32(s))
	c.err = err
	for _, callback := range c.callbacks {
		c.loop.soon(callback)
	}
	c.callbacks, c.ask = nil, nil
}

// end finishes a driven future with the error of its coroutine.
func (c *core) end(err error) {
	if errors.Is(err, ErrCancelled) {
		c.finish(Cancelled, err)
	} else {
		c.finish(Finished, err)
	}
}

// markRead records that the result was read, so that Run doesn't report its
// error.
func (c *core) markRead() {
	if !c.read {
		c.read = true
		delete(c.loop.unread, c)
	}
}
