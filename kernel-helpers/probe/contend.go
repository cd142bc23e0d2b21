package probe

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Contend calls f in n goroutines, with i from 0 to n-1, and waits for them. It
// holds lock until all of them wait for it and then releases it in such a way
// that they take turns: a goroutine that releases the lock and takes it again
// finds that the others had it in between. A state that is inconsistent between
// two holds of the lock is therefore seen by others, even on one processor.
// Contend also checks that no goroutine returns from f while Contend holds the
// lock. It takes about 5 ms of real time.
//
// The turns are those of [sync.Mutex]: once a goroutine has waited for a
// millisecond, the mutex is handed to the one that has waited longest.
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
		failf(p.t, "a goroutine got through while another held the lock: take the lock for every use of what it guards", "%d of %s got through while another held the lock: take the lock for every use of what it guards", without, count(n, "goroutine"))
	}
	lock.Unlock()
	lock.Lock() // overtakes the first waiter, which from now on gets its turn
	p.sleepReally(time.Millisecond)
	lock.Unlock()
	all.Wait()
}

// allWaitForLocks reports whether all other goroutines of the bubble wait for a
// lock.
func (p *Probe) allWaitForLocks() bool {
	return !slices.ContainsFunc(inBubble(p.bubble), func(g goroutine) bool {
		return !strings.HasPrefix(g.state, "sync.Mutex") && !strings.HasPrefix(g.state, "sync.RWMutex")
	})
}

// sleepReally returns after d of real time: sleeper receives the 0 after
// sleeping.
func (p *Probe) sleepReally(d time.Duration) {
	p.pause <- d
	p.pause <- 0
}
