package debugger

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
)

// A hold is a lock that a goroutine has probably taken. The runtime doesn't record
// who holds a lock. But a function that has called Lock in a line before the one
// where it stands, and not Unlock, holds it, unless another goroutine unlocked it.
type hold struct {
	addr, size uint64
	expr       string
	by         *waiter
}

// covers reports whether a semaphore is a part of the lock.
func (h hold) covers(sema uint64) bool { return sema >= h.addr && sema < h.addr+h.size }

// maxHolders limits the goroutines of which locks are looked for.
const maxHolders = 200

// lockSizes are the sizes of locks by their types.
var lockSizes = map[string]uint64{"sync.Mutex": 8, "sync.RWMutex": 24}

// findDeadlock describes goroutines that wait for locks of each other. It can be
// sure only if no goroutine can go on, which is what certain says.
func (p *program) findDeadlock(ctx context.Context, s *snapshot, read sourceOf, certain bool) {
	var holds []hold
	if slices.ContainsFunc(s.user, waitsForLock) {
		holds = p.findHolds(ctx, s, read)
	}
	s.holds = holds
	cycle := findCycle(s.user, holds)
	switch {
	case certain && cycle != "":
		s.deadlock = "deadlock: " + cycle
	case certain:
		s.deadlock = "deadlock: no goroutine can go on"
	case cycle != "":
		s.deadlock = "probably a deadlock: " + cycle
	}
}

// waitsForLock reports whether a goroutine waits for a mutex.
func waitsForLock(w *waiter) bool {
	return strings.HasPrefix(w.reason, "sync.Mutex") || strings.HasPrefix(w.reason, "sync.RWMutex")
}

// findHolds returns the locks that goroutines have taken in cells.
func (p *program) findHolds(ctx context.Context, s *snapshot, read sourceOf) (holds []hold) {
	for _, w := range s.user[:min(len(s.user), maxHolders)] {
		if w.where.File == "" || !slices.ContainsFunc(w.stack, inCell) {
			continue
		}
		stack, err := p.client.Stacktrace(ctx, w.id, maxDepth) // with inlined calls, as Delve numbers frames
		if err != nil {
			continue
		}
		for i, l := range stack {
			number, isCell := cellNumber(l.File)
			if !isCell {
				continue
			}
			src := read(number)
			if src == nil {
				continue
			}
			for _, expr := range src.Held(l.Line) {
				v, err := p.client.Eval(ctx, delve.EvalScope{GoroutineID: w.id, Frame: i}, expr, delve.LoadConfig{})
				if err != nil {
					continue
				}
				if v.Kind == reflect.Pointer && len(v.Children) > 0 {
					v = v.Children[0]
				}
				if size := lockSizes[v.Type]; size > 0 && v.Addr != 0 {
					holds = append(holds, hold{v.Addr, size, expr, w})
				}
			}
		}
	}
	return holds
}

// findCycle returns a cycle of waits in words, or "".
func findCycle(all []*waiter, holds []hold) string {
	next := func(w *waiter) (hold, bool) {
		if !waitsForLock(w) {
			return hold{}, false
		}
		i := slices.IndexFunc(holds, func(h hold) bool {
			return slices.ContainsFunc(w.objects, h.covers)
		})
		if i < 0 {
			return hold{}, false
		}
		return holds[i], true
	}
	for _, first := range all {
		var path []hold
		for w := first; len(path) <= len(all); {
			h, found := next(w)
			if !found {
				break
			}
			path = append(path, h)
			if h.by == first {
				return cycleWords(first, path)
			}
			w = h.by
		}
	}
	return ""
}

// cycleWords describes a cycle: each goroutine waits for a lock that the next holds.
func cycleWords(first *waiter, path []hold) string {
	if len(path) == 1 {
		return who(first) + " is " + first.state + ", which it has locked itself"
	}
	var parts []string
	w := first
	for _, h := range path {
		parts = append(parts, who(w)+" is "+w.state+", which "+who(h.by)+" has locked as "+h.expr)
		w = h.by
	}
	return strings.Join(parts, "; ")
}

func who(w *waiter) string { return "goroutine " + strconv.FormatInt(w.id, 10) + " (" + w.name + ")" }
