package coursework

import (
	"sync"
	"time"
)

// clock ends a program that takes too long to begin, or one of whose tests does.
type clock struct {
	testTime time.Duration
	mu       sync.Mutex
	limit    time.Duration // that holds now
	timer    *time.Timer
	wg       sync.WaitGroup
}

func newClock(w *watched, startTime, testTime time.Duration) *clock {
	c := &clock{testTime: testTime, limit: startTime}
	c.wg.Add(1)
	c.timer = time.AfterFunc(startTime, func() {
		defer c.wg.Done()
		w.because(overTime)
		quit(w.cmd.Process.Pid)
		select {
		case <-w.done:
		case <-time.After(tracesTime):
			w.stop(overTime)
		}
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

// stop waits for the clock's end, and returns the limit that held last.
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
