package grader

import (
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/base/schedstat"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// tracesTime is how long a program that is out of time may take to print the
// traces of its goroutines.
const tracesTime = time.Second

// timed is a program that a clock stops.
type timed interface {
	Times() schedstat.Times
	Quit(reason sandbox.StopReason, grace time.Duration)
	Stop(reason sandbox.StopReason)
}

// clock stops a program whose start, or one of whose tests, takes too long, or that
// takes too long as a whole. The time that the program spends in the queue for a
// processor doesn't count.
type clock struct {
	program  timed
	budget   time.Duration // of the program as a whole
	testTime time.Duration

	restarted chan struct{} // wakes the watcher
	done      chan struct{} // closed by stop
	watcher   sync.WaitGroup

	mu     sync.Mutex
	limit  time.Duration // that applies now
	test   time.Duration // that the program has had under this limit
	whole  time.Duration // that it has had since it was started
	at     time.Time     // up to when these are
	times  schedstat.Times
	frozen bool // the program has ended
}

// newClock starts a clock for a program that was started. Call stop afterwards.
func newClock(program timed, budget, startTime, testTime time.Duration) *clock {
	c := &clock{program: program, budget: budget, testTime: testTime, limit: startTime,
		restarted: make(chan struct{}, 1), done: make(chan struct{}), at: time.Now(), times: program.Times()}
	c.watcher.Go(func() { c.watch(time.NewTimer(min(startTime, budget))) })
	return c
}

// advance adds the time since it was last called. Its caller holds the lock.
func (c *clock) advance() {
	if c.frozen {
		return
	}
	at, times := time.Now(), c.program.Times()
	own := schedstat.Own(at.Sub(c.at), c.times, times)
	c.test, c.whole, c.at, c.times = c.test+own, c.whole+own, at, times
}

// watch stops the program when one of its times is over. The timer says when that can
// be for the first time.
func (c *clock) watch(timer *time.Timer) {
	defer timer.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-c.restarted:
		case <-timer.C:
		}
		c.mu.Lock()
		c.advance()
		test, whole := c.limit-c.test, c.budget-c.whole
		c.mu.Unlock()
		switch {
		case whole <= 0:
			c.program.Stop(sandbox.OverBudget)
			return
		case test <= 0:
			c.program.Quit(sandbox.OverTime, tracesTime)
			return
		}
		timer.Reset(min(test, whole))
	}
}

// restart gives the next test its time.
func (c *clock) restart() {
	c.mu.Lock()
	c.advance()
	c.limit, c.test = c.testTime, 0
	c.mu.Unlock()
	select {
	case c.restarted <- struct{}{}:
	default: // the watcher has yet to see the one before
	}
}

// elapsed returns how much time the program has had since the last restart.
func (c *clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	return c.test
}

// stop stops the clock of a program that has ended, and waits until the clock does
// nothing more. It returns the limit that applied last, and how much time the program
// has had.
func (c *clock) stop() (limit, used time.Duration) {
	close(c.done)
	c.watcher.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	c.frozen = true
	return c.limit, c.whole
}
