package eventloop

import (
	"errors"
	"sync/atomic"
)

// A State is what has become of a future.
type State int32

// The states of a future. It leaves Pending once, and then stays as it is.
const (
	Pending State = iota
	Cancelled
	Finished // with a result or an error
)

func (s State) String() string {
	return [...]string{"pending", "cancelled", "finished"}[s]
}

// A Future is a result that comes later. Who works it out sets it; who needs
// it waits with [Await], or leaves a callback.
type Future[T any] struct {
	core
	value T
}

// core is what a future is whatever its result.
type core struct {
	loop      *Loop
	state     atomic.Int32 // a State
	err       error
	read      bool     // somebody has learnt how it ended
	callbacks []func() // for when it is done
	driven    bool     // finished by its coroutine or its gathering, and by nobody else
	ask       func()   // asks those to stop, which is how it is cancelled
	what      string   // when traced: the operation on a socket that it stands for
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

// State tells whether the future is done, and how. Any goroutine may ask.
func (c *core) State() State { return State(c.state.Load()) }

// Result returns the result or the error: [ErrPending] before there is one,
// and [ErrCancelled] when the future was cancelled.
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

// Cancel cancels a pending future. A task's coroutine gets an [ErrCancelled]
// from the wait it is in, or from its next one, through any number of tasks
// that wait for each other. The task is cancelled when its coroutine returns
// that error, and goes on when it doesn't.
func (c *core) Cancel() error {
	if err := c.mayEnd(); err != nil {
		return err
	}
	c.doCancel()
	return nil
}

// AddDoneCallback lets the loop call back once the future is done: in a turn
// of its own, never at once.
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

// finish ends the future and puts what waits for it on the ready list.
func (c *core) finish(s State, err error) {
	c.state.Store(int32(s))
	c.err = err
	for _, callback := range c.callbacks {
		c.loop.soon(callback)
	}
	c.callbacks, c.ask = nil, nil
}

// end finishes a driven future with the error of what drove it.
func (c *core) end(err error) {
	if errors.Is(err, ErrCancelled) {
		c.finish(Cancelled, err)
	} else {
		c.finish(Finished, err)
	}
}

// markRead keeps the loop from telling an error that somebody knows.
func (c *core) markRead() {
	if !c.read {
		c.read = true
		delete(c.loop.unread, c)
	}
}
