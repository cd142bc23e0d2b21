package probe

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// patience is how long a test may run in real time. Tests in a bubble take
// milliseconds, so only what spins or waits for a lock for ever reaches it.
const patience = 5 * time.Second

// A Probe records the calls of one test. Its methods may be called from any
// number of goroutines; the assertions belong to the test's own.
type Probe struct {
	t      *testing.T
	bubble string // the bubble's number, as stack traces print it
	began  time.Time
	pause  chan time.Duration // each one sent is slept in real time before the next is received
	record record
}

// Run runs f in a synctest bubble, with a new probe whose clock begins at 0. The
// t that f gets is the bubble's, with t.Run, t.Parallel and t.Deadline forbidden.
//
// The test fails, with a message that says where, when f panics, when all
// goroutines wait for each other, when a goroutine is left at the end (after
// t.Context is cancelled and the test's cleanups ran), and after 5 seconds of
// real time. A panic in another goroutine than f's can't be caught and ends the
// program.
func Run(t *testing.T, f func(t *testing.T, p *Probe)) {
	t.Helper()
	run(t, patience, f)
}

func run(t *testing.T, patience time.Duration, f func(t *testing.T, p *Probe)) {
	t.Helper()
	p := &Probe{pause: make(chan time.Duration)}
	defer sleeper(p.pause)()
	entered := make(chan string, 1) // the bubble's number
	ended := make(chan any, 1)      // what synctest.Test panicked with
	go func() {
		var failure any
		defer func() { ended <- failure }() // also after a FailNow
		defer func() { failure = recover() }()
		synctest.Test(t, func(t *testing.T) {
			p.t, p.began, p.bubble = t, time.Now(), ownBubble()
			entered <- p.bubble
			t.Cleanup(p.leaveNothing) // the first to be registered is the last to run
			defer p.catch()
			f(t, p)
		})
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case failure := <-ended:
		p.stopped(t, failure)
	case <-late.C:
		t.Errorf("the test still ran after %v of real time: a goroutine spins without an end, waits for a lock that nobody gives back, or sleeps with a lock in hand that others wait for (the test's clock stands still then)\n%s",
			patience, describe(inBubble(<-entered)))
	}
	result := p.record.report(t.Name())
	if told := tell(result); !told && t.Failed() && len(result.Calls) > 0 {
		t.Logf("the calls over time:\n%s", picture(result))
	}
}

// sleeper sleeps in real time, which a bubble has none of, until stop is called.
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

// catch makes a failed test of a panic in the test's own goroutine.
func (p *Probe) catch() {
	if failure := recover(); failure != nil {
		failf(p.t, withoutValue(failure)+"\n"+panicked(), "panic: %v\n%s", failure, panicked())
	}
}

// leaveNothing fails the test that ends while goroutines of its bubble live.
func (p *Probe) leaveNothing() {
	synctest.Wait()
	if left := inBubble(p.bubble); len(left) > 0 && !p.t.Failed() {
		failf(p.t, "goroutines are left at the end of the test\n"+describe(left), "%s at the end of the test\n%s", leftOver(len(left)), describe(left))
	}
}

// stopped says what ended the bubble, unless that was the end of its test.
func (p *Probe) stopped(t *testing.T, failure any) {
	t.Helper()
	reason := fmt.Sprint(failure)
	switch {
	case failure == nil:
		return
	case strings.Contains(reason, "all goroutines in bubble are blocked"):
		reason = "deadlock: all goroutines wait, and nobody is left to wake one"
	case t.Failed():
		return // leaveNothing or NoneLeft told of those that remain
	}
	t.Errorf("%s\n%s", reason, describe(inBubble(p.bubble)))
}

// panicked lists the callers of the function that panicked, without those of
// the runtime and of the test framework.
func panicked() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var list strings.Builder
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !framework(frame.Function) {
			fmt.Fprintf(&list, "    in %s\n", place(frame.Function, frame.File, frame.Line))
		}
		if !more {
			return list.String()
		}
	}
}
