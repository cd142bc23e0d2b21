package procpool

import (
	"sync/atomic"
	"time"
)

// An alarm tells that a time is over. To ask it takes a nanosecond; to read the clock
// takes as long as some tasks.
type alarm struct {
	after time.Duration
	timer *time.Timer
	over  atomic.Bool
}

// newAlarm starts an alarm. Call stop afterwards.
func newAlarm(after time.Duration) *alarm {
	a := &alarm{after: after}
	a.timer = time.AfterFunc(after, func() { a.over.Store(true) })
	return a
}

// rang reports whether the time is over. If all processors are busy, that may come
// late, by the 10 ms after which Go's scheduler interrupts a goroutine.
func (a *alarm) rang() bool { return a.over.Load() }

// reset starts the time anew.
func (a *alarm) reset() {
	a.timer.Reset(a.after)
	a.over.Store(false)
}

func (a *alarm) stop() { a.timer.Stop() }
