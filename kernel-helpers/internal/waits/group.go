package waits

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Group is goroutines that wait for the same thing in the same place.
type Group struct {
	Count  int
	Reason string // of the runtime, such as "chan send"
	About  string // the channel, the lock or whatever else it is about, or ""
	Place  string
}

// String says what the goroutines wait for: "3 goroutines are waiting to send on
// results".
func (g Group) String() string { return Are(g.Count, State(g.Reason, g.About)) }

// Are says of n goroutines what they do: "3 goroutines are sleeping".
func Are(n int, what string) string {
	if n == 1 {
		return "1 goroutine is " + what
	}
	return fmt.Sprintf("%d goroutines are %s", n, what)
}

// Missing says what doesn't come in a program that stands still: "nobody receives".
// It returns "" if there is nothing to add.
func (g Group) Missing() string {
	switch g.Reason {
	case "chan send":
		return "nobody receives"
	case "chan receive":
		if strings.HasSuffix(g.About, ".Done()") {
			return "nothing cancels it"
		}
		return "nobody sends"
	case "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock":
		return "nobody unlocks it"
	}
	return ""
}

// mostNamed is how many groups Summary names.
const mostNamed = 4

// Summary says in one sentence, without a full stop, who waits for what in a program
// that stands still. Groups in different places that wait for the same thing are
// counted together. The largest come first.
func Summary(groups []Group) string {
	var all []Group
	for _, g := range groups {
		i := slices.IndexFunc(all, func(h Group) bool { return h.Reason == g.Reason && h.About == g.About })
		if i < 0 {
			all = append(all, g)
		} else {
			all[i].Count += g.Count
		}
	}
	slices.SortStableFunc(all, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(State(a.Reason, a.About), State(b.Reason, b.About)))
	})
	var parts []string
	for i, g := range all {
		if i == mostNamed {
			parts = append(parts, "and others")
			break
		}
		part := g.String()
		if missing := g.Missing(); missing != "" {
			part += ", and " + missing
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
