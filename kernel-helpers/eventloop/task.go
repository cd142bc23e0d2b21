package eventloop

import (
	"iter"
	"runtime/debug"
	"time"
)

// A Task is a future whose result a coroutine computes. [Go] creates one.
type Task[T any] struct {
	Future[T]
	task task
}

// task is the part of a Task that doesn't depend on the type of the result.
type task struct {
	self   *core // the task as a future
	number int   // the main task is 1
	place  int   // index in the loop's list of tasks
	owner  owner
	co     Coroutine
	body   func() error

	// The coroutine. resume runs it until its next wait, in which it calls
	// suspend. After stop, suspend returns false.
	resume  func() (struct{}, bool)
	stop    func()
	suspend func(struct{}) bool
	step    func() // t.run, allocated once for the ready list

	waitsFor  *core
	cancelled bool // its next wait returns ErrCancelled
	asking    bool // askToStop is running
}

// A Coroutine is the handle with which a coroutine waits. It is valid only in
// the coroutine that it was passed to.
type Coroutine struct {
	task *task
}

// None is the result type of a task that has no result.
type None = struct{}

// Go creates a task that runs coroutine, beginning in a later turn. If the
// caller doesn't have the turn, Go returns a task that has failed with that
// error.
//
// Run returns the task's error if it was not read. A panic becomes the task's
// error, a [PanicError].
func Go[T any](l *Loop, coroutine func(co *Coroutine) (T, error)) *Task[T] {
	t := &Task[T]{}
	t.loop = l
	t.driven = true
	if err := l.check(); err != nil {
		t.state.Store(int32(Finished))
		t.err = err
		return t
	}
	t.ask = t.task.askToStop
	t.task.self = &t.core
	t.task.co.task = &t.task
	t.task.body = func() (err error) {
		t.value, err = coroutine(&t.task.co)
		return err
	}
	t.task.step = t.task.run
	l.add(&t.task)
	l.soon(t.task.step)
	return t
}

// run gives the turn to the coroutine until it waits or ends.
func (t *task) run() {
	l := t.self.loop
	if t.self.State() != Pending {
		return // torn down
	}
	if t.resume == nil {
		if t.cancelled {
			l.remove(t)
			t.self.finish(Cancelled, ErrCancelled)
			return
		}
		t.resume, t.stop = iter.Pull(t.coroutine)
	}
	if l.trace != nil && t.waitsFor != nil && t.waitsFor.what != "" {
		l.trace.resumes(t.waitsFor.what, t.number)
	}
	l.turn.Store(&t.owner)
	t.resume()
	l.turn.Store(&l.owner)
}

// coroutine runs on the coroutine's own stack, from its start to its end.
func (t *task) coroutine(suspend func(struct{}) bool) {
	t.suspend = suspend
	t.owner.become()
	err := errExited
	defer func() {
		// This must leave the loop consistent even on Goexit, so it does
		// everything that has to be done at the end.
		switch v := recover(); v {
		case nil:
		case tornDown:
			err = ErrStuck
		default:
			err = &PanicError{v, debug.Stack()}
		}
		l := t.self.loop
		l.remove(t)
		t.self.end(err)
		if t.self.State() == Finished && err != nil {
			l.unread[t.self] = t.number
		}
	}()
	err = t.body()
}

// tornDown is the value with which a wait panics in a coroutine that will never
// be resumed, so that its deferred calls run.
var tornDown any = new(int)

// tearDown ends a coroutine that would wait forever.
func (t *task) tearDown() {
	l := t.self.loop
	if t.resume == nil {
		l.remove(t)
		t.self.finish(Cancelled, ErrCancelled)
		return
	}
	l.turn.Store(&t.owner)
	t.stop()
	l.turn.Store(&l.owner)
}

// askToStop cancels the task.
func (t *task) askToStop() {
	if t.asking || t.waitsFor == nil || t.waitsFor.State() != Pending {
		t.cancelled = true
		return
	}
	t.asking = true // ends the recursion if tasks wait for each other in a cycle
	t.waitsFor.doCancel()
	t.asking = false
}

// check returns an error unless the caller has the turn as this coroutine.
// After the coroutine has ended its stack may belong to another goroutine, so
// check first looks at the turn.
func (t *task) check() error {
	if t.self.loop.turn.Load() != &t.owner || !t.owner.isHere() {
		return ErrWrongGoroutine
	}
	return nil
}

// pause gives the turn back to the loop until the task is resumed.
func (t *task) pause() error {
	if !t.suspend(struct{}{}) {
		panic(tornDown)
	}
	if t.cancelled {
		t.cancelled = false
		return ErrCancelled
	}
	return nil
}

// await returns when c is done.
func (t *task) await(c *core) error {
	switch {
	case c.loop != t.self.loop:
		return errOtherLoop
	case c == t.self:
		return errAwaitsItself
	}
	if err := t.check(); err != nil {
		return err
	}
	if c.State() != Pending {
		return nil
	}
	c.whenDone(t.step)
	if t.cancelled {
		t.cancelled = false
		c.doCancel()
	}
	t.waitsFor = c
	defer func() { t.waitsFor = nil }()
	return t.pause()
}

// Await waits for a future or a task and returns its result. If the waiting
// task is cancelled, Await returns [ErrCancelled]. If the future is already
// done, Await returns without a switch.
func Await[T any](co *Coroutine, on Awaitable[T]) (T, error) {
	f := on.awaited()
	if err := co.task.await(&f.core); err != nil {
		var none T
		return none, err
	}
	f.markRead()
	return f.value, f.err
}

// Sleep waits for d. If d is 0 or less, it only lets everything run that is
// ready.
func (co *Coroutine) Sleep(d time.Duration) error {
	t := co.task
	if err := t.check(); err != nil {
		return err
	}
	l := t.self.loop
	if d <= 0 {
		l.soon(t.step)
		return t.pause()
	}
	over := NewFuture[None](l)
	timer := l.later(d, func() { over.SetResult(None{}) })
	defer timer.stop()
	_, err := Await(co, over)
	return err
}
