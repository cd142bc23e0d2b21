package probe

import (
	"slices"
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
// The turns are those of [sync.Mutex]: once a goroutine that has waited for a
// millisecond wakes up and finds the mutex locked again, the mutex is handed to the
// one that has waited longest. A lock without a TryLock method may be taken in
// another order.
func (p *Probe) Contend(lock sync.Locker, n int, f func(i int)) {
	p.t.Helper()
	var all sync.WaitGroup
	var through atomic.Int64
	lock.Lock()
	turns := p.queueFor(lock, &all)
	for i := range n {
		all.Go(func() {
			f(i)
			through.Add(1)
		})
	}
	p.letBlock()
	p.sleepReally(2 * time.Millisecond)
	if without := through.Load(); without > 0 {
		failf(p.t, "a goroutine got through while another held the lock: take the lock for every use of what it guards", "%d of %s got through while another held the lock: take the lock for every use of what it guards", without, count(n, "goroutine"))
	}
	turns.begin()
	p.letBlock() // until the one that was overtaken waits again, and has seen how long it waited
	lock.Unlock()
	all.Wait()
}

// letBlock returns when all other goroutines of the bubble are blocked, in whatever
// way. It gives up after a second or more, when one seems to loop forever.
func (p *Probe) letBlock() {
	for range 1000 {
		p.sleepReally(time.Millisecond)
		if !slices.ContainsFunc(inBubble(p.bubble), goroutine.busy) {
			return
		}
	}
}

// busy reports whether a goroutine runs or could run.
func (g goroutine) busy() bool {
	return slices.Contains([]string{"running", "runnable", "waiting", "GC assist wait", "preempted", "syscall", "copystack"}, g.state)
}

// turns makes a lock one that is handed to the goroutine that has waited longest.
// For that, the probe has to take the lock before the goroutine at the head of the
// queue does, which was woken to have it. If the probe is too late, that goroutine has
// the lock: so the ones at the head are the probe's own, and there are several.
type turns struct {
	lock    sync.Locker
	tryLock func() bool
	waiting int       // own goroutines at the head of the queue
	taken   chan bool // one of them has the lock, and leaves it locked
	begun   atomic.Bool
}

// attempts is how often a machine that is busy may run another goroutine first.
const attempts = 8

// queueFor starts goroutines that wait for lock, which the caller holds.
func (p *Probe) queueFor(lock sync.Locker, all *sync.WaitGroup) *turns {
	t := &turns{lock: lock, taken: make(chan bool, attempts), tryLock: func() bool { lock.Lock(); return true }}
	try, can := lock.(interface{ TryLock() bool })
	if !can {
		return t
	}
	t.tryLock, t.waiting = try.TryLock, attempts
	for range attempts {
		all.Go(func() {
			lock.Lock()
			if t.begun.Load() {
				lock.Unlock()
				return
			}
			t.taken <- true
		})
	}
	p.letBlock()
	return t
}

// begin releases the lock and takes it before anybody else does.
func (t *turns) begin() {
	defer t.begun.Store(true)
	for {
		t.lock.Unlock()
		if t.tryLock() {
			return
		}
		<-t.taken
		if t.waiting--; t.waiting == 0 {
			t.tryLock = func() bool { t.lock.Lock(); return true }
		}
	}
}

// sleepReally returns after d of real time: sleeper receives the 0 after
// sleeping.
func (p *Probe) sleepReally(d time.Duration) {
	p.pause <- d
	p.pause <- 0
}
