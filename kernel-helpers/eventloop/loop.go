package eventloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// A Loop runs coroutines and callbacks one at a time. Make one with [New].
type Loop struct {
	turn  atomic.Pointer[owner] // who may touch the loop: nil, anybody
	owner owner                 // the goroutine of Run

	ready  []func() // what runs in the next round
	spare  []func() // the list of the last round, to be used again
	timers timers
	poll   pollSet

	tasks  []*task
	made   int           // tasks so far
	unread map[*core]int // failed tasks whose error nobody knows, and their numbers
	faults []error       // panics of callbacks, and of poll

	trace *tracer
	now   func() time.Time
}

// nobody has the turn while the loop waits in poll: no goroutine is it.
var nobody owner

// New returns a loop.
func New(options ...Option) *Loop {
	l := &Loop{unread: map[*core]int{}, now: time.Now}
	l.poll = pollSet{wait: waitPoll, wakeIn: -1, wakeOut: -1}
	for _, o := range options {
		o(l)
	}
	return l
}

// An Option is a setting of a loop.
type Option func(*Loop)

// Trace writes down how a wait for a socket goes, in seven steps, as they
// happen: from the operation that would block to the coroutine that goes on.
func Trace(to io.Writer) Option {
	return func(l *Loop) { l.trace = &tracer{to} }
}

// Run runs main as the loop's main task, and all that it starts, until main
// returns; then it cancels the tasks that are left and waits for them. When ctx
// is done, main is cancelled.
//
// It returns main's error, joined with what would get lost: the errors of
// failed tasks that nobody has asked for, and the panics of callbacks. When
// nothing is left that could ever wake a task, it ends them all and returns
// [ErrStuck]. A loop can be run again, with the timers and callbacks that are
// left, though not before it has ended; that is [ErrRunning].
func (l *Loop) Run(ctx context.Context, main func(co *Coroutine) error) (err error) {
	if !l.turn.CompareAndSwap(nil, &nobody) {
		return ErrRunning
	}
	l.owner.become()
	l.turn.Store(&l.owner)
	defer func() {
		// Also when a coroutine ends this goroutine by runtime.Goexit.
		l.turn.Store(&l.owner)
		l.tearDown()
		l.lost()
		l.poll.closeWake()
		l.turn.Store(nil)
	}()
	if ctx.Done() != nil {
		if err := l.poll.openWake(); err != nil {
			return err
		}
		interrupted := make(chan None)
		stop := context.AfterFunc(ctx, func() {
			defer close(interrupted)
			l.poll.interrupt()
		})
		defer func() {
			if !stop() {
				<-interrupted
			}
		}()
	}

	task := Go(l, func(co *Coroutine) (None, error) { return None{}, main(co) })
	told := false
	for task.State() == Pending && l.round() {
		if !told && ctx.Err() != nil && task.State() == Pending {
			told = true
			task.doCancel()
		}
	}
	var stuck error
	if task.State() == Pending {
		stuck = fmt.Errorf("%w: tasks that wait: %d; nothing is left that could wake one", ErrStuck, len(l.tasks))
	}
	for _, t := range slices.Clone(l.tasks) {
		t.askToStop()
	}
	for len(l.tasks) > 0 && l.round() {
	}
	l.tearDown()

	_, err = task.Result()
	switch {
	case stuck != nil && (errors.Is(err, ErrCancelled) || errors.Is(err, ErrStuck)):
		err = stuck
	case stuck != nil:
		err = errors.Join(stuck, err)
	case told && errors.Is(err, ErrCancelled):
		err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
	}
	return errors.Join(append([]error{err}, l.lost()...)...)
}

// round is one turn of the wheel: wait for what comes next, then run all that
// is ready. It returns false when nothing can come any more.
func (l *Loop) round() bool {
	timeout := l.timers.next(l.now)
	switch {
	case len(l.ready) > 0:
		timeout = 0
	case timeout == forever && !l.poll.waiting():
		return false
	}
	if timeout != 0 || l.poll.waiting() {
		if err := l.waitForSockets(timeout); err != nil {
			l.faults = append(l.faults, err)
			return false
		}
	}
	l.timers.due(l)

	batch := l.ready
	l.ready, l.spare = l.spare[:0], nil
	for done := 0; done < len(batch); {
		done = l.run(batch, done)
	}
	clear(batch)
	l.spare = batch
	return true
}

// run calls the functions from the given one on, and returns how far it came:
// to the end, or past one that panicked.
func (l *Loop) run(batch []func(), from int) (done int) {
	done = from
	defer func() {
		if v := recover(); v != nil {
			l.faults = append(l.faults, &PanicError{v, debug.Stack()})
		}
	}()
	for done < len(batch) {
		done++
		batch[done-1]()
	}
	return done
}

// soon puts a function on the ready list.
func (l *Loop) soon(f func()) { l.ready = append(l.ready, f) }

// CallSoon lets the loop call f in its next round.
func (l *Loop) CallSoon(f func()) error {
	if err := l.check(); err != nil {
		return err
	}
	l.soon(f)
	return nil
}

// check is for those who are to have the turn, as whatever owner.
func (l *Loop) check() error {
	if turn := l.turn.Load(); turn == nil || turn.isHere() {
		return nil
	}
	return ErrWrongGoroutine
}

func (l *Loop) add(t *task) {
	l.made++
	t.number = l.made
	t.place = len(l.tasks)
	l.tasks = append(l.tasks, t)
}

func (l *Loop) remove(t *task) {
	last := len(l.tasks) - 1
	l.tasks[t.place] = l.tasks[last]
	l.tasks[t.place].place = t.place
	l.tasks[last] = nil
	l.tasks = l.tasks[:last]
}

// tearDown ends the coroutines that nothing will resume any more.
func (l *Loop) tearDown() {
	for len(l.tasks) > 0 {
		l.tasks[len(l.tasks)-1].tearDown()
	}
}

// lost returns the errors that nobody has heard of.
func (l *Loop) lost() []error {
	lost := l.faults
	for _, c := range slices.SortedFunc(maps.Keys(l.unread), func(a, b *core) int { return l.unread[a] - l.unread[b] }) {
		lost = append(lost, fmt.Errorf("eventloop: task %d failed, and nobody asked: %w", l.unread[c], c.err))
	}
	l.faults = nil
	clear(l.unread)
	return lost
}
