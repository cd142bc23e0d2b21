package timing

import (
	"fmt"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// Steps runs f, which takes the given number of steps, and prints what a step
// takes and how often something was switched meanwhile: goroutines by Go's
// runtime, and threads of this process by the system (getrusage(2): voluntary
// and involuntary context switches). The former is an estimate from one in
// eight of them, so a handful is mostly missed. Nothing is kept.
func Steps(name string, steps int, f func()) {
	before, start := switched(), time.Now()
	f()
	took, after := time.Since(start), switched()
	stdout.line(stepsLine(name, max(1, steps), took, switches{after.goroutines - before.goroutines, after.system - before.system}))
}

func stepsLine(name string, steps int, took time.Duration, s switches) string {
	each := float64(took.Nanoseconds()) / float64(steps)
	value, unit := each, "ns"
	switch {
	case each >= 1e6:
		value, unit = each/1e6, "ms"
	case each >= 1e4:
		value, unit = each/1e3, "µs"
	}
	return fmt.Sprintf("%-24s %7.1f %s a step, switches: %7.3f of goroutines, %6.3f of the system",
		name, value, unit, float64(s.goroutines)/float64(steps), float64(s.system)/float64(steps))
}

// switches is how often goroutines and threads of this process have been taken
// up by a processor so far.
type switches struct{ goroutines, system int64 }

// sampled is how many switches the runtime makes for each that it puts into its
// histogram of the time that goroutines wait for a processor.
const sampled = 8

func switched() switches {
	var s switches
	waits := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(waits)
	if waits[0].Value.Kind() == metrics.KindFloat64Histogram {
		for _, n := range waits[0].Value.Float64Histogram().Counts {
			s.goroutines += sampled * int64(n)
		}
	}
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) == nil { // it fails for bad arguments only, and ours are constant
		s.system = int64(u.Nvcsw) + int64(u.Nivcsw)
	}
	return s
}
