package eventloop

import (
	"iter"
	"runtime/debug"
	"time"
)

// A Task is a future whose result a coroutine works out. [Go] makes one.
type Task[T any] struct {
	Future[T]
	task task
}

// task is what a Task is whatever its result.
type task struct {
	self   *core // the task as a future
	number int   // the main task is 1
	place  int   // in the loop's list of tasks
	owner  owner
	co     Coroutine
	body   func() error

	// The coroutine: resume lets it run to its next wait, and suspend is that
	// wait. After stop, suspend returns false.
	resume  func() (struct{}, bool)
	stop    func()
	suspend func(struct{}) bool
	step    func() // t.run, as the ready list takes it

	waitsFor  *core
	cancelled bool // its next wait returns ErrCancelled
	asking    bool // askToStop is under way
}

// A Coroutine is what a function in the loop waits with. It is valid only
// within the coroutine that it was given to.
type Coroutine struct {
	task *task
}

// None is for the result of a task that has none.
type None = struct{}

// Go makes a task of a coroutine, which starts in a later turn. When the caller
// doesn't have the turn, the task that Go returns has failed with that error.
//
// An error that nobody reads comes out at Run's end. A panic becomes the task's
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

// run gives the turn to the coroutine, until it waits or ends.
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

// coroutine is the whole life of the coroutine, on its own stack.
func (t *task) coroutine(suspend func(struct{}) bool) {
	t.suspend = suspend
	t.owner.become()
	err := errExited
	defer func() {
		// Nothing of the loop's may be found half done, even by Goexit, so
		// this is all there is to do at the end.
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

// tornDown is what a wait panics with in a coroutine that nobody will resume
// any more, so that its deferred calls run.
var tornDown any = new(int)

// tearDown ends a coroutine that waits in vain.
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

// askToStop is how a task is cancelled.
func (t *task) askToStop() {
	if t.asking || t.waitsFor == nil || t.waitsFor.State() != Pending {
		t.cancelled = true
		return
	}
	t.asking = true // where tasks wait for each other in a ring, it ends here
	t.waitsFor.doCancel()
	t.asking = false
}

// check is for those who are to have the turn as this coroutine. Once it has
// ended, its stack is another goroutine's, so the turn is looked at first.
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

// await returns once c is done.
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

// Await waits for a future or a task and returns how it ended. A cancelled
// task gets [ErrCancelled] from the wait it is in. What is done already costs
// no switch.
func Await[T any](co *Coroutine, on Awaitable[T]) (T, error) {
	f := on.awaited()
	if err := co.task.await(&f.core); err != nil {
		var none T
		return none, err
	}
	f.markRead()
	return f.value, f.err
}

// Sleep waits for a time; 0 lets all that is ready have a turn first.
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
