package probe

import (
	"fmt"
	"slices"
	"strings"
)

// whyRunning says what keeps the goroutines of a bubble from going on, and what to
// change.
func whyRunning(all []goroutine) string {
	var outside, locked, running []goroutine
	waits := false // one is blocked in a way that only the clock ends
	for _, g := range all {
		switch {
		case strings.HasPrefix(g.state, "sync.Mutex") || strings.HasPrefix(g.state, "sync.RWMutex"):
			locked = append(locked, g)
		case !g.stands:
			waits = waits || g.state == "select" || g.state == "sleep" || g.state == "chan receive"
		case slices.Contains([]string{"chan send", "chan receive", "select", "sync.WaitGroup.Wait"}, g.state):
			outside = append(outside, g)
		case slices.Contains([]string{"running", "runnable", "waiting", "GC assist wait", "preempted"}, g.state):
			running = append(running, g)
		}
	}
	switch {
	case len(outside) > 0:
		what := "channel"
		if outside[0].state == "sync.WaitGroup.Wait" {
			what = "WaitGroup"
		}
		return fmt.Sprintf("%s waits for a %s that was declared outside of any function. The test's clock stands still for it: declare it inside the function that uses it", outside[0].who(), what)
	case len(locked) > 0 && waits:
		return fmt.Sprintf("%s waits for a lock whose holder sleeps or waits meanwhile, and the test's clock stands still for a lock. Release the lock before anything that takes time", locked[0].who())
	case len(locked) > 0:
		return fmt.Sprintf("%s waits for a lock that is never released. Unlock it on every path, or before it is locked again", locked[0].who())
	case len(running) > 0:
		return running[0].who() + " loops forever: let the loop end, or wait in it"
	}
	return "a goroutine loops forever, waits for a lock that is never released, or sleeps while it holds a lock that others wait for (the test's clock then stands still)"
}

// who names the function that a goroutine is in, for messages.
func (g goroutine) who() string {
	for _, f := range g.frames {
		if framework(f.function) {
			continue
		}
		if !discreet.Load() {
			return place(f.function, f.file, f.line)
		}
		if name := mayName(f.function); name != "" {
			return name
		}
	}
	return "a goroutine"
}
