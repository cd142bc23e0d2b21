package grader

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/speedup/kernel-helpers/base/schedstat"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// starved plays a program that is always ready and gets a share of its time. It is
// stopped at an instant of the bubble's clock.
type starved struct {
	began   time.Time
	share   int // one in so many seconds; 0 means that it sleeps
	mu      sync.Mutex
	reason  sandbox.StopReason
	stopped time.Duration
}

func (s *starved) Times() schedstat.Times {
	wall := time.Since(s.began)
	if s.share == 0 {
		return schedstat.Times{}
	}
	ran := wall / time.Duration(s.share)
	return schedstat.Times{Ran: ran, Waited: wall - ran}
}

func (s *starved) Quit(reason sandbox.StopReason, _ time.Duration) { s.Stop(reason) }

func (s *starved) Stop(reason sandbox.StopReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason, s.stopped = reason, time.Since(s.began)
}

func (s *starved) end() (sandbox.StopReason, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason, s.stopped
}

func TestABusyMachineGivesATestMoreTime(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		what   string
		share  int
		budget time.Duration
		reason sandbox.StopReason
		at     time.Duration
	}{
		{"it has a processor", 1, 60 * s, sandbox.OverTime, 15 * s},
		{"it sleeps", 0, 60 * s, sandbox.OverTime, 15 * s},
		{"it gets a fifth", 5, 60 * s, sandbox.OverTime, 75 * s},
		{"it gets next to nothing", 1000, 60 * s, sandbox.OverTime, 150 * s},
		{"the budget is small", 5, 10 * s, sandbox.OverBudget, 50 * s},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &starved{began: time.Now(), share: c.share}
			k := newClock(p, c.budget, 15*s, 15*s)
			time.Sleep(1000 * s)
			limit, _ := k.stop()
			reason, at := p.end()
			if reason != c.reason || at.Round(s) != c.at || limit != 15*s {
				t.Errorf("%s: got it stopped for %s after %v, limit %v; want for %s after %v, limit 15s", c.what, reason, at, limit, c.reason, c.at)
			}
		})
	}
}

func TestEachTestHasATimeOfItsOwn(t *testing.T) {
	const s = time.Second
	synctest.Test(t, func(t *testing.T) {
		p := &starved{began: time.Now(), share: 5}
		k := newClock(p, 60*s, 30*s, 15*s)
		time.Sleep(100 * s) // 20 of its own
		k.restart()
		time.Sleep(50 * s)
		if got := k.elapsed(); got != 10*s {
			t.Errorf("the first test: got %v, want the 10s that it had", got)
		}
		k.restart()
		time.Sleep(50 * s)
		limit, used := k.stop()
		if reason, _ := p.end(); reason != "" || limit != 15*s || used != 40*s {
			t.Errorf("got it stopped for %q, limit %v, %v used; want it to run, limit 15s, 40s used", reason, limit, used)
		}
		k.restart() // the judge may still read a request
		if again := k.elapsed(); again != 0 {
			t.Errorf("after the end: got %v, want none", again)
		}
	})
}
