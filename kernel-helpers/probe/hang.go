package probe

import (
	"fmt"
	"path"
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
		case g.busy():
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
	if waits {
		return "it goes on and on without an end: let it give up or return"
	}
	return "a goroutine loops forever, waits for a lock that is never released, or sleeps while it holds a lock that others wait for (the test's clock then stands still)"
}

// whyBlocked says what a deadlock may be due to.
func whyBlocked(all []goroutine) string {
	for _, g := range all {
		if g.state == "chan receive" && g.inTest() {
			return ". The test receives from the answer's channel: send what is missing, and close the channel after the last value"
		}
	}
	return ". Nobody is left who sends, receives or unlocks what these wait for"
}

// inTest reports whether a goroutine is in a function of a test, and not in the code
// that it tests.
func (g goroutine) inTest() bool {
	for _, f := range g.frames {
		if !framework(f.function) {
			name := shortName(f.function)
			return strings.HasPrefix(name, "Test") && strings.Contains(path.Base(f.file), "-tests")
		}
	}
	return false
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

// whyLeft says what keeps goroutines that should have ended, and what to change.
func whyLeft(all []goroutine) string {
	states := map[string]string{
		"chan receive":        "it waits to receive from a channel on which nothing comes any more: close the channel after the last value, or let the goroutine hear that it should end",
		"chan send":           "it waits to send to somebody who no longer receives: let it give up, for example when ctx is done, or give the channel room",
		"sleep":               "it sleeps: let it end with the function that started it",
		"sync.WaitGroup.Wait": "it waits for goroutines that don't end",
		"sync.Cond.Wait":      "it waits for a signal that doesn't come: wake it when there is nothing more to do",
		"sync.Mutex.Lock":     "it waits for a lock that is never released",
		"select":              "it waits in a select: let a case end it, such as ctx.Done",
		"coroutine":           "it is a sequence that iter.Pull began: call its stop",
	}
	if slices.ContainsFunc(all, goroutine.inTest) {
		return ": a call of the work still runs: wait for it before you return"
	}
	for _, g := range all {
		if text := states[g.state]; text != "" {
			return ": " + text
		}
	}
	return ": wait for every goroutine before you return"
}
