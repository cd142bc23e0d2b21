package timing

import (
	"fmt"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// Steps runs f, which takes the given number of steps, and prints the time per
// step and the number of switches per step. It counts switches of goroutines by
// Go's runtime, and of this process's threads by the system (voluntary and
// involuntary context switches according to getrusage(2)). The former is an
// estimate, printed with one decimal, because the runtime samples one in eight; a handful of switches is
// usually missed. Steps keeps no results.
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
	return fmt.Sprintf("%-24s %7.1f %s a step, switches: about %5.1f of goroutines, %6.3f of the system",
		name, value, unit, float64(s.goroutines)/float64(steps), float64(s.system)/float64(steps))
}

// switches counts how often a processor has taken up a goroutine or a thread of
// this process.
type switches struct{ goroutines, system int64 }

// sampled is the number of switches for each one that the runtime records in
// its histogram of the time that goroutines wait for a processor.
const sampled = 8

// switched returns the switches since the start of the process.
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
	if unix.Getrusage(unix.RUSAGE_SELF, &u) == nil { // fails only for bad arguments, and ours are constant
		s.system = int64(u.Nvcsw) + int64(u.Nivcsw)
	}
	return s
}
