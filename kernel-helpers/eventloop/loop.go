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

// A Loop runs coroutines and callbacks one at a time. Create one with [New].
type Loop struct {
	turn  atomic.Pointer[owner] // the owner that may use the loop; nil means any goroutine
	owner owner                 // the goroutine of Run

	ready  []func() // run in the next round
	spare  []func() // the list of the last round, for reuse
	timers timers
	poll   pollSet

	tasks  []*task
	made   int           // number of tasks so far
	unread map[*core]int // failed tasks whose error was not read, and their numbers
	faults []error       // panics of callbacks, and errors of poll

	trace *tracer
	now   func() time.Time
}

// pollOwner is the owner that has the turn while the loop waits in poll. No
// goroutine matches it.
var pollOwner owner

// New returns a loop.
func New(options ...Option) *Loop {
	l := &Loop{unread: map[*core]int{}, now: time.Now}
	l.poll = pollSet{wait: waitPoll, wakeIn: -1, wakeOut: -1}
	for _, o := range options {
		o(l)
	}
	return l
}

// An Option is a setting of a [Loop].
type Option func(*Loop)

// Trace makes the loop write the seven steps of each wait for a socket as they
// happen, from the operation that would block to the coroutine that resumes.
func Trace(to io.Writer) Option {
	return func(l *Loop) { l.trace = &tracer{to} }
}

// Run runs main as the loop's main task, together with everything that it
// starts, until main returns. It then cancels the remaining tasks and waits for
// them. When ctx is done, Run cancels main.
//
// Run returns main's error, joined with the errors that would otherwise be
// lost: those of failed tasks whose result was not read, and the panics of
// callbacks. If nothing is left that could wake a task, Run ends all tasks and
// returns [ErrStuck]. A loop can be run again after Run has returned, with the
// remaining timers and callbacks; before that, Run returns [ErrRunning].
func (l *Loop) Run(ctx context.Context, main func(co *Coroutine) error) (err error) {
	if !l.turn.CompareAndSwap(nil, &pollOwner) {
		return ErrRunning
	}
	l.owner.become()
	l.turn.Store(&l.owner)
	defer func() {
		// This also runs if a coroutine ends this goroutine with
		// runtime.Goexit.
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
		stuck = fmt.Errorf("%w: %d tasks are waiting, and nothing is left that could wake one", ErrStuck, len(l.tasks))
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

// round waits for the next event and then runs everything that is ready. It
// returns false if no event can come.
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

// run calls the functions of batch, beginning with number from. It returns the
// number of the next function to call, which is not the end if one panicked.
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

// soon puts f on the ready list.
func (l *Loop) soon(f func()) { l.ready = append(l.ready, f) }

// CallSoon makes the loop call f in its next round.
func (l *Loop) CallSoon(f func()) error {
	if err := l.check(); err != nil {
		return err
	}
	l.soon(f)
	return nil
}

// check returns an error unless the caller has the turn, as any owner.
func (l *Loop) check() error {
	if turn := l.turn.Load(); turn == nil || turn.isHere() {
		return nil
	}
	return ErrWrongGoroutine
}

// add adds t to the loop's tasks.
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

// tearDown ends the coroutines that will never be resumed.
func (l *Loop) tearDown() {
	for len(l.tasks) > 0 {
		l.tasks[len(l.tasks)-1].tearDown()
	}
}

// lost returns and clears the errors that nothing else reported.
func (l *Loop) lost() []error {
	lost := l.faults
	for _, c := range slices.SortedFunc(maps.Keys(l.unread), func(a, b *core) int { return l.unread[a] - l.unread[b] }) {
		lost = append(lost, fmt.Errorf("eventloop: task %d failed and its error was not read: %w", l.unread[c], c.err))
	}
	l.faults = nil
	clear(l.unread)
	return lost
}
