package probe

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/base/race"
)

// Call is the work that a probe measures. It takes d on the bubble's clock and
// returns result. If ctx is cancelled meanwhile, Call ends at once and returns
// [context.Cause] of ctx. With a d of 0 it marks an instant. The name is used
// by messages and assertions; several calls may share it.
//
// A Call from a goroutine that isn't in the bubble fails the test: time doesn't
// wait for it. Such a goroutine was started before the test.
func (p *Probe) Call(ctx context.Context, name string, d time.Duration, result error) error {
	if time.Since(p.began) > longestTest {
		p.record.fromOutside()
		return errOutside
	}
	c := p.record.begin(name, time.Since(p.began))
	if !p.work(ctx, d) {
		result = context.Cause(ctx)
		p.record.end(c, time.Since(p.began), cancelled)
		return result
	}
	state := done
	if result != nil {
		state = failed
	}
	p.record.end(c, time.Since(p.began), state)
	return result
}

// longestTest is more than passes on a bubble's clock in any test. Bubbles begin in
// the year 2000, so outside of them it is later than that.
const longestTest = 20 * 365 * 24 * time.Hour

var errOutside = errors.New("called from a goroutine that was started before the test")

// work waits for d. It reports false if ctx was cancelled before. A call that
// is done at the instant of the cancellation is done.
func (p *Probe) work(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	cancel := ctx.Done()
	race.Disable() // a timer's channel would order this after anything that another timer's owner did before
	defer race.Enable()
	select {
	case <-timer.C:
		return true
	case <-cancel:
		select {
		case <-timer.C:
			return true
		default:
			return false
		}
	}
}

// The states of a [Call].
const (
	done       = "done"
	failed     = "failed"
	cancelled  = "cancelled"
	unfinished = "unfinished"
)

// A record holds the calls of one probe, in the order in which they began.
//
// Its methods are not instrumented for the race detector, and their lock is
// hidden from it. Otherwise the lock would order the measured code before one
// call before the code after another, and so hide its races.
type record struct {
	mu             sync.Mutex
	calls          []*Call
	inFlight, most int
	last           time.Duration // time of the last event
	outside        bool          // there was a call from outside of the bubble
	timed          bool          // the test checks the time itself
}

//go:norace
func (r *record) fromOutside() {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outside = true
}

//go:norace
func (r *record) calledFromOutside() bool {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outside
}

//go:norace
func (r *record) timeIsChecked() {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timed = true
}

// lastEvent returns the time at which a call last began or ended. It reports false
// if there were no calls, or if the test checks the time itself.
//
//go:norace
func (r *record) lastEvent() (last time.Duration, check bool) {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, len(r.calls) > 0 && !r.timed
}

//go:norace
func (r *record) begin(name string, now time.Duration) *Call {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &Call{Name: name, Start: now, State: unfinished}
	r.calls = append(r.calls, c)
	r.inFlight++
	r.most = max(r.most, r.inFlight)
	r.last = max(r.last, now)
	return c
}

//go:norace
func (r *record) end(c *Call, now time.Duration, state string) {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	c.End, c.State = now, state
	r.inFlight--
	r.last = max(r.last, now)
}

// all returns a copy of the calls. Unfinished calls end at the last event.
//
//go:norace
func (r *record) all() (calls []Call, most int) {
	race.Disable()
	defer race.Enable()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		copied := *c
		if copied.State == unfinished {
			copied.End = r.last
		}
		calls = append(calls, copied)
	}
	return calls, r.most
}
