package probe

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Contend calls f in n goroutines, with i from 0 to n-1, and waits for them. They
// meet at lock, which Contend holds until all of them wait for it and then gives
// away so that they take turns: a goroutine that gives the lock back and takes it
// again finds the others in between. What must not be seen half done then is
// seen half done, also on one processor. Contend asks that none of them gets
// through while it holds the lock. It takes about 5 ms of real time.
//
// The turns are those of [sync.Mutex], which hands itself to the one that has
// waited longest once one has waited for a millisecond.
func (p *Probe) Contend(lock sync.Locker, n int, f func(i int)) {
	p.t.Helper()
	var all sync.WaitGroup
	var through atomic.Int64
	lock.Lock()
	for i := range n {
		all.Go(func() {
			f(i)
			through.Add(1)
		})
	}
	for range 100 {
		p.sleepReally(time.Millisecond)
		if p.allWaitForLocks() {
			break
		}
	}
	p.sleepReally(2 * time.Millisecond)
	if without := through.Load(); without > 0 {
		failf(p.t, "a goroutine got through without the lock, while another one held it", "%s of %d got through without the lock, while another one held it", count(int(without), "goroutine"), n)
	}
	lock.Unlock()
	lock.Lock() // is faster than the first in the queue, which from now on insists on turns
	p.sleepReally(time.Millisecond)
	lock.Unlock()
	all.Wait()
}

func (p *Probe) allWaitForLocks() bool {
	return !slices.ContainsFunc(inBubble(p.bubble), func(g goroutine) bool {
		return !strings.HasPrefix(g.state, "sync.Mutex") && !strings.HasPrefix(g.state, "sync.RWMutex")
	})
}

// sleepReally returns after d of real time: what it sends next is received then.
func (p *Probe) sleepReally(d time.Duration) {
	p.pause <- d
	p.pause <- 0
}
