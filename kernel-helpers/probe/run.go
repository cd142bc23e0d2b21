package probe

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// realTimeLimit is how long a test may run in real time, without the time that it
// spends in the queue for a processor: on a busy machine tests take long that do
// little. Tests in a bubble take milliseconds. Only a test that loops forever or waits
// for a lock that is never released takes as long.
const realTimeLimit = 5 * time.Second

// A Probe records the calls of one test. Its methods are safe for concurrent
// use, except for the assertions, which only the test's own goroutine may call.
type Probe struct {
	t      *testing.T
	bubble string // the bubble's number in stack traces
	began  time.Time
	pause  chan time.Duration // sleeper sleeps each value in real time before it receives the next
	record record

	telling sync.Mutex // held from an observation until the watcher has it
	told    int        // number of ended calls that the watcher knows
}

// Run runs f in a synctest bubble, with a new probe whose clock begins at 0.
// The t passed to f is the bubble's; its Run, Parallel and Deadline methods
// must not be called.
//
// The test fails, with a message that says where, in these cases:
//
//   - f panics
//   - all goroutines are blocked
//   - a goroutine is left at the end, after t.Context was cancelled and the
//     test's
//     cleanups ran
//   - the test takes more than 5 seconds of real time, in which it ran or waited;
//     time in which other programs had the processors doesn't count
//   - a call comes from a goroutine outside of the bubble
//   - f returns later on the bubble's clock than its last call ended, as code does
//     that sleeps instead of waiting; not if f made no calls, has failed, or
//     checks the time with Within
//
// A panic in any goroutine other than f's can't be recovered and ends the
// program.
func Run(t *testing.T, f func(t *testing.T, p *Probe)) {
	t.Helper()
	run(t, realTimeLimit, f)
}

func run(t *testing.T, patience time.Duration, f func(t *testing.T, p *Probe)) {
	t.Helper()
	p := &Probe{pause: make(chan time.Duration)}
	defer sleeper(p.pause)()
	entered := make(chan string, 1) // the bubble's number
	outcome := make(chan any, 1)    // the value with which synctest.Test panicked
	go func() {
		var failure any
		defer func() { outcome <- failure }() // runs after a FailNow too
		defer func() { failure = recover() }()
		synctest.Test(t, func(t *testing.T) {
			p.t, p.began, p.bubble = t, time.Now(), ownBubble()
			entered <- p.bubble
			t.Cleanup(p.leaveNothing) // registered first, so that it runs last
			defer p.catch()
			if set := fresh.Load(); set != nil {
				(*set)()
			}
			f(t, p)
			p.returnedAtLastEvent()
		})
	}()
	late := newDeadline(patience)
	defer late.timer.Stop()
	for waiting := true; waiting; {
		select {
		case failure := <-outcome:
			p.stopped(t, failure)
			waiting = false
		case <-late.timer.C:
			if late.extend() {
				continue
			}
			left := inBubble(<-entered)
			t.Errorf("the test was still running after %v of real time: %s\n%s", patience, whyRunning(left), describe(left))
			waiting = false
		}
	}
	if p.record.calledFromOutside() {
		t.Error("a call of the work came from a goroutine that was started before the test, where the test's clock doesn't run: start goroutines in the function itself")
	}
	result := p.record.report(t.Name())
	if notified := notify(result); !notified && t.Failed() && len(result.Calls) > 0 {
		t.Logf("the calls over time:\n%s", picture(result))
	}
}

// sleeper sleeps in real time, which a bubble can't do, until stop is called.
func sleeper(pause <-chan time.Duration) (stop func()) {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case d := <-pause:
				time.Sleep(d)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// catch turns a panic in the test's own goroutine into a failed test.
func (p *Probe) catch() {
	if failure := recover(); failure != nil {
		advised := func(text string) string {
			if change := Advice(text); change != "" {
				return text + ": " + change
			}
			return text
		}
		failf(p.t, advised(withoutValue(failure))+"\n"+panicked(), "%s\n%s", advised(fmt.Sprint("panic: ", failure)), panicked())
	}
}

// leaveNothing fails a test that ends while goroutines of its bubble are left.
func (p *Probe) leaveNothing() {
	synctest.Wait()
	if left := inBubble(p.bubble); len(left) > 0 && !p.t.Failed() {
		failf(p.t, "goroutines are left at the end of the test"+whyLeft(left)+"\n"+describe(left), "%s at the end of the test%s\n%s", leftOver(len(left)), whyLeft(left), describe(left))
	}
}

// stopped fails the test with what ended the bubble, unless the test just
// ended.
func (p *Probe) stopped(t *testing.T, failure any) {
	t.Helper()
	reason := fmt.Sprint(failure)
	switch {
	case failure == nil:
		return
	case strings.Contains(reason, "all goroutines in bubble are blocked"):
		reason = "deadlock: all goroutines are blocked" + whyBlocked(inBubble(p.bubble))
	case t.Failed():
		return // leaveNothing or NoneLeft has listed those that remain
	}
	t.Errorf("%s\n%s", reason, describe(inBubble(p.bubble)))
}

// panicked lists the callers of the function that panicked, except those in the
// runtime and in the test framework. In discreet mode it names the innermost of
// the listed functions.
func panicked() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	quiet := discreet.Load()
	var list strings.Builder
	for {
		frame, more := frames.Next()
		if name := mayName(frame.Function); quiet && name != "" {
			return "    in " + name + "\n"
		}
		if !quiet && frame.Function != "" && !framework(frame.Function) {
			fmt.Fprintf(&list, "    in %s\n", place(frame.Function, frame.File, frame.Line))
		}
		if !more {
			return list.String()
		}
	}
}
