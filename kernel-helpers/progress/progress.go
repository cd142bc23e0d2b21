// Package progress shows how far a long-running cell has got, in one line that
// is updated in place: how many items are done, in flight and failed, the rate,
// and the time left.
//
//	bar := progress.Start(len(urls), "downloads")
//	defer bar.Done()
//	// in any goroutine: bar.Add(1), or bar.Fail()
//
// In a notebook the line is an output that is updated in place. The last update
// is plain text, which a saved notebook keeps. On a terminal the line is
// rewritten on standard error. Elsewhere (a pipe, a log file) nothing is shown.
//
// Setting SPEEDUP_HEADLESS to 1 turns bars off everywhere. Programs that run
// notebooks need not set it: a notebook keeps the same last line whether a
// program or a user ran it.
package progress

import (
	"sync"
	"sync/atomic"
	"time"
)

// interval is the time between two updates. Five a second look alive and cost
// half as much as ten would.
const interval = 200 * time.Millisecond

// A Bar counts items of work. All methods are safe for concurrent use. Counting
// costs one atomic addition (about 10 ns). A goroutine that belongs to the bar
// updates the display five times a second; [Bar.Done] stops it and waits for
// it.
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

// Start shows a bar for total items, named by what ("downloads"). A total of 0
// means that the total is unknown; the bar then shows no time left. The line
// appears where Start is called and is updated until [Bar.Done] is called.
func Start(total int, what string) *Bar { return start(total, what, newScreen()) }

func start(total int, what string, to screen) *Bar {
	b := &Bar{total: max(total, 0), what: what, start: time.Now(), to: to, stop: make(chan struct{})}
	if to != nil {
		to.update(b.now()) // here, so that the line has a fixed place among other output
		b.stopped.Go(b.run)
	}
	return b
}

// Begin counts one item as in flight until Add or Fail is called for it. A bar
// for which Begin is never called doesn't show how many items are in flight.
func (b *Bar) Begin() { b.begun.Add(1) }

// Add counts n items as done.
func (b *Bar) Add(n int) { b.done.Add(int64(n)) }

// Fail counts one item as failed. It is finished, but not done.
func (b *Bar) Fail() { b.failed.Add(1) }

// Done stops the updates and shows the last line. It returns when the line is
// shown. Further calls do nothing.
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
		case <-b.stop: // stopped at the same time, or during a slow update
			return
		default:
			b.to.update(b.now())
		}
	}
}

func (b *Bar) now() state {
	s := state{what: b.what, total: int64(b.total), took: time.Since(b.start)}
	// Load begun last, so that no item is counted as done before it began.
	s.done, s.failed = b.done.Load(), b.failed.Load()
	if begun := b.begun.Load(); begun > 0 {
		s.counted, s.inFlight = true, max(begun-s.done-s.failed, 0)
	}
	return s
}
