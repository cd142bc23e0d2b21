// Package progress shows how far a long cell is, in one line updated in place:
// how many things are done, in flight and failed, the rate, and the time left.
//
//	bar := progress.Start(len(urls), "downloads")
//	defer bar.Done()
//	… in any goroutine: bar.Add(1), or bar.Fail()
//
// In a notebook the line is one output that is updated in place. The last
// update is a plain line of text, which is what a saved notebook keeps. On a
// terminal the line is rewritten on standard error. Elsewhere (a pipe, a log)
// nothing is shown, and nothing anywhere when SPEEDUP_HEADLESS is 1.
//
// A notebook that is run by a program keeps the same last line as one that is
// run by hand, so such a program doesn't need to set SPEEDUP_HEADLESS.
package progress

import (
	"sync"
	"sync/atomic"
	"time"
)

// interval is the time between two updates: often enough to look alive, and
// half of what ten updates a second would cost.
const interval = 200 * time.Millisecond

// Bar counts what is done. All methods may be called from any number of
// goroutines. Counting costs one atomic addition (about 10 ns); the display is
// brought up to date by one goroutine of the bar's own, five times a second,
// which [Bar.Done] ends and waits for.
type Bar struct {
	total int
	what  string
	start time.Time
	to    screen

	done, failed, begun atomic.Int64

	stop    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once
}

// Start shows a bar for total things, named what ("downloads"). A total of 0
// means that it isn't known: then no time left is shown. The line's place is
// where Start was called; it is updated until [Bar.Done] is called.
func Start(total int, what string) *Bar { return start(total, what, newScreen()) }

func start(total int, what string, to screen) *Bar {
	b := &Bar{total: max(total, 0), what: what, start: time.Now(), to: to, stop: make(chan struct{})}
	if to != nil {
		to.update(b.now()) // here, so that the line's place among other output is always the same
		b.stopped.Go(b.run)
	}
	return b
}

// Begin counts one thing as in flight, until an Add or a Fail. Without it the
// bar doesn't show how many are in flight.
func (b *Bar) Begin() { b.begun.Add(1) }

// Add counts n things as done.
func (b *Bar) Add(n int) { b.done.Add(int64(n)) }

// Fail counts one thing as failed: it is over, but not done.
func (b *Bar) Fail() { b.failed.Add(1) }

// Done ends the updates and shows the last line. It returns when the line is
// shown; further calls do nothing.
func (b *Bar) Done() {
	b.once.Do(func() {
		close(b.stop)
		b.stopped.Wait()
		if b.to != nil {
			b.to.last(b.now())
		}
	})
}

func (b *Bar) run() {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-tick.C:
		}
		select {
		case <-b.stop: // came with the tick, during a slow update
			return
		default:
			b.to.update(b.now())
		}
	}
}

func (b *Bar) now() state {
	s := state{what: b.what, total: int64(b.total), took: time.Since(b.start)}
	// begun is read last: what it counts beyond the others is in flight.
	s.done, s.failed = b.done.Load(), b.failed.Load()
	if begun := b.begun.Load(); begun > 0 {
		s.counted, s.inFlight = true, max(begun-s.done-s.failed, 0)
	}
	return s
}
