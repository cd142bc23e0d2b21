// Package timeline draws what a run did over time, from the run's own execution
// trace: which goroutine ran, which was ready to run, and which waited, and for
// what.
//
// [Show] records a function with runtime/trace, reads the trace with
// golang.org/x/exp/trace and displays a picture, in which a lane is a goroutine
// (or a processor, see [Processors]), and numbers. Lanes are the goroutine that
// called Show, named main, and those started within the function. Goroutines of
// the runtime and of libraries, such as the two that net/http keeps for each
// connection, count in the numbers but have no lanes. A lane is named after the
// task (runtime/trace.NewTask) or the first region (runtime/trace.WithRegion,
// [Task]) of its goroutine, else after the function that it runs.
//
// The labels of runtime/pprof name no lanes: Go's runtime doesn't write them
// into execution traces. Go 1.26 can put them into stack dumps
// (GODEBUG=tracebacklabels=1), but those hold only goroutines that still live,
// and the workers of a run have mostly ended with it. A region inside pprof.Do
// names the lane.
//
// A download waits inside net/http in a select, while other goroutines wait on
// the socket. Such a wait is shown as what it is for the program, one for the
// network.
//
// Child processes that run [Task] while their parent shows a run appear in the
// parent's picture, on one clock, as a group of lanes each.
//
// The picture is an SVG inside an <img>, on a card of its own colours: it reads
// the same in light and dark themes, survives saving, an untrusted reopen and
// nbconvert, and tells states apart by the height, place and dashes of their
// bands as well as by colour. text/plain says the numbers.
//
// # Cost
//
// Recording makes each switch of a goroutine (it waits, is woken, runs again)
// some 0.25 µs longer, which the runtime takes to note times and call stacks.
// That is 1 to 4 % of 160 downloads at once, less on five workers, and nothing
// that can be seen in a computation. Where goroutines do nothing else than hand
// values to each other, it is more than the work itself: 200,000 values through
// a channel take 2 to 3 times as long, so a picture of them tells the order and
// the shares, but not the pace. Measure such runs without recording them.
//
// After the run, reading and drawing take some 15 ms for 160 downloads.
// Importing the package makes a cell's build less than 0.1 s longer.
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

// Show runs f, then displays the picture of the run under the title. When f
// panics, or an interrupt ends the program, the picture of what ran until then
// is shown first. At most 32 MB of trace are kept. Where nothing can be recorded,
// f runs all the same and a line on standard error says why.
func Show(title string, f func(), options ...Option) {
	watch(title, f, func(r *Run) { Draw(title, r, options...) }, options...)
}

// Draw displays the picture of a run that [Read] or [Merge] has made.
func Draw(title string, r *Run, options ...Option) {
	display.SVG(r.SVG(title, options...), title+"\n"+r.Numbers().String())
}

// watch records f and hands the Run to show, once, also when f panics or an
// interrupt ends the program.
func watch(title string, f func(), show func(*Run), options ...Option) {
	rec, err := start()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v: there is no picture of %q\n", err, title)
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

// graceOfInterrupt is how long a function that handles interrupts itself has
// to return before the picture is drawn without its end.
const graceOfInterrupt = 100 * time.Millisecond

// onInterrupt calls finish when the process is interrupted, then lets the
// interrupt do what it would have done. The function that it returns ends that.
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
		// With our handler gone, another one of the program's gets the signal,
		// or else it ends the process.
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
