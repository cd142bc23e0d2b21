package eventloop

import (
	"container/heap"
	"time"
)

// A Timer is a function call scheduled by [Loop.CallLater].
type Timer struct {
	loop  *Loop
	when  time.Time
	made  int // order of creation, for timers due at the same time
	place int // index in the heap, or gone
	call  func()
}

const notInHeap = -1

// CallLater makes the loop call f after d has passed. The call may be up to a
// millisecond late, because poll counts in milliseconds.
func (l *Loop) CallLater(d time.Duration, f func()) (*Timer, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	return l.later(d, f), nil
}

func (l *Loop) later(d time.Duration, f func()) *Timer {
	l.timers.made++
	t := &Timer{loop: l, when: l.now().Add(d), made: l.timers.made, call: f}
	heap.Push(&l.timers, t)
	return t
}

// Stop cancels the call if the loop hasn't made it yet.
func (t *Timer) Stop() error {
	if err := t.loop.check(); err != nil {
		return err
	}
	t.stop()
	return nil
}

func (t *Timer) stop() {
	if t.place != notInHeap {
		heap.Remove(&t.loop.timers, t.place)
	}
}

// timers is a heap with the timer that is due first at its top.
type timers struct {
	heap []*Timer
	made int
}

// forever is the timeout if there is no timer.
const forever time.Duration = -1

// next returns the time until the first timer is due.
func (ts *timers) next(now func() time.Time) time.Duration {
	if len(ts.heap) == 0 {
		return forever
	}
	return max(0, ts.heap[0].when.Sub(now()))
}

// due puts the calls of the timers that are due on the ready list.
func (ts *timers) due(l *Loop) {
	if len(ts.heap) == 0 {
		return
	}
	for now := l.now(); len(ts.heap) > 0 && !ts.heap[0].when.After(now); {
		l.soon(heap.Pop(ts).(*Timer).call)
	}
}

// The methods of heap.Interface.

func (ts *timers) Len() int { return len(ts.heap) }

func (ts *timers) Less(i, j int) bool {
	a, b := ts.heap[i], ts.heap[j]
	return a.when.Before(b.when) || a.when.Equal(b.when) && a.made < b.made
}

func (ts *timers) Swap(i, j int) {
	h := ts.heap
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (ts *timers) Push(t any) {
	t.(*Timer).place = len(ts.heap)
	ts.heap = append(ts.heap, t.(*Timer))
}

func (ts *timers) Pop() any {
	last := len(ts.heap) - 1
	t := ts.heap[last]
	ts.heap[last] = nil
	ts.heap = ts.heap[:last]
	t.place = notInHeap
	return t
}
