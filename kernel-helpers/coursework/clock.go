package coursework

import (
	"sync"
	"time"
)

// clock ends a program one of whose tests takes too long.
type clock struct {
	testTime time.Duration
	mu       sync.Mutex
	timer    *time.Timer
	wg       sync.WaitGroup
}

func newClock(w *watched, testTime time.Duration) *clock {
	c := &clock{testTime: testTime}
	c.wg.Add(1)
	c.timer = time.AfterFunc(testTime, func() {
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
		c.timer.Reset(c.testTime)
	}
}

// stop waits for the clock's end.
func (c *clock) stop() {
	c.mu.Lock()
	if c.timer.Stop() {
		c.wg.Done()
	}
	c.timer = nil
	c.mu.Unlock()
	c.wg.Wait()
}
