package probe

import (
	"os"
	"time"

	"example.com/speedup/kernel-helpers/base/schedstat"
)

// A deadline ends what takes long, unless it takes long because the machine is busy.
type deadline struct {
	timer    *time.Timer
	patience time.Duration
	began    time.Time
	before   schedstat.Times
	times    func() schedstat.Times
}

func newDeadline(patience time.Duration) *deadline {
	times := func() schedstat.Times { return schedstat.Of(os.Getpid()) }
	return &deadline{timer: time.NewTimer(patience), patience: patience, began: time.Now(), before: times(), times: times}
}

// extend sets the timer anew, after it has fired, by the time that this process has
// spent in the queue for a processor. It reports false if there is no such time.
func (d *deadline) extend() bool {
	left := d.patience - schedstat.Own(time.Since(d.began), d.before, d.times())
	if left <= 0 {
		return false
	}
	d.timer.Reset(left)
	return true
}
