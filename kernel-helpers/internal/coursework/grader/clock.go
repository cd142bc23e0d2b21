package grader

import (
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// tracesTime is how long a program that is out of time may take to print the
// traces of its goroutines.
const tracesTime = time.Second

// clock stops a program whose start, or one of whose tests, takes too long.
type clock struct {
	testTime time.Duration

	mu    sync.Mutex
	limit time.Duration // that applies now
	timer *time.Timer
	wg    sync.WaitGroup
}

// newClock starts a clock for a program that was started. Call stop afterwards.
func newClock(p *sandbox.Process, startTime, testTime time.Duration) *clock {
	c := &clock{testTime: testTime, limit: startTime}
	c.wg.Add(1)
	c.timer = time.AfterFunc(startTime, func() {
		defer c.wg.Done()
		p.Quit(sandbox.OverTime, tracesTime)
	})
	return c
}

// restart gives the next test its time.
func (c *clock) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil && c.timer.Stop() {
		c.limit = c.testTime
		c.timer.Reset(c.testTime)
	}
}

// stop stops the clock, waits until it does nothing more, and returns the limit
// that applied last.
func (c *clock) stop() time.Duration {
	c.mu.Lock()
	if c.timer.Stop() {
		c.wg.Done()
	}
	c.timer = nil
	limit := c.limit
	c.mu.Unlock()
	c.wg.Wait()
	return limit
}
