package timing

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Steps runs f, which takes the given number of steps, and prints what a step
// takes and how often the system switched this process away or back meanwhile
// (getrusage(2): voluntary and involuntary context switches of all its threads).
// Switches between goroutines are Go's own and not among them. Nothing is kept.
func Steps(name string, steps int, f func()) {
	before, start := switches(), time.Now()
	f()
	took, switched := time.Since(start), switches()-before
	stdout.line(stepsLine(name, max(1, steps), took, switched))
}

func stepsLine(name string, steps int, took time.Duration, switched int64) string {
	each := float64(took.Nanoseconds()) / float64(steps)
	value, unit := each, "ns"
	switch {
	case each >= 1e6:
		value, unit = each/1e6, "ms"
	case each >= 1e4:
		value, unit = each/1e3, "µs"
	}
	return fmt.Sprintf("%-28s %8.1f %s a step, %8.3f system switches", name, value, unit, float64(switched)/float64(steps))
}

// switches is how often the system has switched this process so far.
func switches() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0 // it fails for bad arguments only, and ours are constant
	}
	return int64(u.Nvcsw) + int64(u.Nivcsw)
}
