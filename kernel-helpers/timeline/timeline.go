// Package timeline draws what a run did over time, from the run's own execution
// trace: when each goroutine ran, was ready to run, or waited, and for what.
//
// [Show] records a function with runtime/trace, reads the trace with
// golang.org/x/exp/trace, and displays a picture and figures. Each lane of the
// picture is a goroutine (or a processor, see [Processors]). There are lanes
// for the goroutine that called Show, named main, and for those started within
// the function. Goroutines of the runtime and of libraries, such as the two
// that net/http keeps for each connection, count in the figures but have no
// lanes. A lane is named after its goroutine's task (runtime/trace.NewTask) or
// first region (runtime/trace.WithRegion, [Task]), or else after the function
// that it runs.
//
// Labels of runtime/pprof don't name lanes, because Go's runtime doesn't write
// them to execution traces. Go 1.26 can include them in stack dumps
// (GODEBUG=tracebacklabels=1), but those contain only live goroutines, and most
// workers of a run end with it. A region inside pprof.Do names the lane.
//
// A download waits in a select inside net/http while other goroutines wait for
// the socket. The picture shows such a wait as what it means for the program: a
// wait for the network.
//
// Child processes that run [Task] while their parent shows a run appear in the
// parent's picture, on the same clock, with a group of lanes for each process.
//
// The picture is an SVG in an <img> with a transparent ground and colours that
// can be seen in light and dark themes. It survives saving, reopening without
// trust, and nbconvert. States differ not only in colour but also in the height,
// position and dashes of their bands, and their names stand in the lanes where
// there is room. The picture shows the first three figures; below it, folded
// away, is a table of all of them with what they mean. The text/plain output
// contains the figures.
//
// # Cost
//
// Recording adds some 0.25 µs to each switch of a goroutine (it waits, is
// woken, and runs again), which the runtime takes to record times and call
// stacks. That is 1 to 4 % of 160 simultaneous downloads, less on five workers,
// and not measurable in a computation. It exceeds the work itself if goroutines
// do nothing but pass values to each other: sending 200,000 values through a
// channel takes 2 to 3 times as long. A picture of such a run shows the order
// and the shares, but not the pace. Measure such runs without recording them.
//
// After the run, reading and drawing take some 15 ms for 160 downloads.
// Importing the package adds less than 0.1 s to a cell's build.
// BenchmarkRecording, BenchmarkPicture and BenchmarkBuild print these figures.
package timeline

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/display"
)

// debuggedEnv is set in the environment of programs that run under a debugger.
const debuggedEnv = "SPEEDUP_DEBUGGED"

// Show runs f and then displays a picture of the run under the title. If f
// panics or an interrupt ends the program, Show first displays the picture up
// to that moment. It keeps at most 32 MB of trace. If recording isn't possible,
// Show just runs f and prints the reason on standard error.
func Show(title string, f func(), options ...Option) {
	watch(title, f, func(r *Run) { Draw(title, r, options...) }, options...)
}

// Draw displays the picture of a run returned by [Read] or [Merge].
func Draw(title string, r *Run, options ...Option) {
	n := r.Numbers()
	display.Figure(r.SVG(title, options...), n.html(), title+"\n"+n.String())
}

// watch records f and passes the Run to show, once, even if f panics or an
// interrupt ends the program.
func watch(title string, f func(), show func(*Run), options ...Option) {
	if os.Getenv(debuggedEnv) != "" {
		fmt.Fprintf(os.Stderr, "timeline: no picture of %q: the debugger is on, and it stops the program's clock\n", title)
		f()
		return
	}
	rec, err := start()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v: no picture of %q\n", err, title)
		f()
		return
	}
	workers := awaitWorkers()
	finish := sync.OnceFunc(func() {
		raw := rec.stop(tail)
		run, err := readAll(raw, workers.collect(), rec.kept.overflowed())
		if err != nil {
			fmt.Fprintf(os.Stderr, "%v\n", err)
		}
		if run == nil {
			return
		}
		run.readSources()
		keep(title, run, raw, options)
		show(run)
	})
	stop := onInterrupt(finish)
	defer func() {
		rec.end()
		stop()
		finish()
	}()
	rec.begin(thisProcess)
	f()
}

// graceOfInterrupt is how long a function that handles interrupts itself has to
// return. After that the picture is drawn without the rest of the function.
const graceOfInterrupt = 100 * time.Millisecond

// onInterrupt calls finish if the process is interrupted, and then lets the
// interrupt take its usual effect. Calling stop undoes it.
func onInterrupt(finish func()) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer signal.Stop(signals)
		select {
		case <-done:
			return
		case <-signals:
		}
		select {
		case <-done: // f has returned
		case <-time.After(graceOfInterrupt):
		}
		finish()
		// Without our handler, the signal reaches any other handler of the
		// program, or ends the process.
		signal.Stop(signals)
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Signal(os.Interrupt)
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
