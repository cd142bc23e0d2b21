package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/speedup/kernel-helpers/base/schedstat"
)

const ms = time.Millisecond

var errBroken = errors.New("broken")

// inParallel calls f for 0…n-1, at most limit at a time.
func inParallel(n, limit int, f func(i int)) {
	var workers sync.WaitGroup
	slots := make(chan bool, limit)
	for i := range n {
		slots <- true
		workers.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	workers.Wait()
}

var (
	globalChannel = make(chan int)
	globalGroup   sync.WaitGroup
	endless       int
)

func TestAssertionsHoldForWhatHappened(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) {
		inParallel(4, 2, func(i int) { p.Call(t.Context(), fmt.Sprint("call ", i), time.Duration(1+i)*100*ms, nil) })
		p.MostInFlight(2)
		p.Overlapped("call 0", "call 1")
		p.Overlapped("call 1", "call 2")
		p.Began("call 3", 200*ms)
		p.Times("call 3", 1)
		p.Times("call 4", 0)
		p.Within(600 * ms)
		p.NoneLeft()
		Results(t, []int{1, 2}, []int{1, 2})
		KeptErrors(t, nil)
		KeptErrors(t, errors.Join(errBroken, fmt.Errorf("more: %w", os.ErrNotExist)), os.ErrNotExist, errBroken)
	})
}

func TestInOrderIsTheOrderInWhichCallsBegan(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) {
		inParallel(3, 1, func(i int) { p.Call(t.Context(), string(rune('a'+i)), ms, nil) })
		p.InOrder("a", "b", "c")
	})
}

func TestACallEndsWithItsResultOrTheCauseOfItsCancellation(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) {
		if err := p.Call(t.Context(), "good", ms, nil); err != nil {
			t.Errorf("a call without an error returned %v, want nil", err)
		}
		if err := p.Call(t.Context(), "bad", ms, errBroken); err != errBroken {
			t.Errorf("a call that fails returned %v, want %v", err, errBroken)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(ms, func() { cancel(errBroken) })
		if err := p.Call(ctx, "cut", time.Hour, nil); err != errBroken {
			t.Errorf("a cancelled call returned %v, want %v", err, errBroken)
		}
		if err := p.Call(ctx, "late", 0, nil); err != errBroken {
			t.Errorf("a call after the cancellation returned %v, want %v", err, errBroken)
		}
		p.AllCancelled("cut", "late")
		var states []string
		for _, c := range p.Calls() {
			states = append(states, c.State)
		}
		Results(t, states, []string{done, failed, cancelled, cancelled})
	})
}

func TestACallThatIsDoneAtTheInstantOfItsCancellationIsDone(t *testing.T) {
	for range 20 {
		Run(t, func(t *testing.T, p *Probe) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*ms)
			defer cancel()
			KeptErrors(t, p.Call(ctx, "both", 5*ms, nil))
		})
	}
}

func TestContendingGoroutinesMeetBetweenTwoHoldsOfALock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	Run(t, func(t *testing.T, p *Probe) {
		var mu sync.Mutex
		inside, most := 0, 0
		p.Contend(&mu, 8, func(int) {
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			mu.Lock()
			inside--
			mu.Unlock()
		})
		if most != 8 {
			t.Errorf("%d goroutines were between their two holds of the lock at once, want 8", most)
		}
		p.NoneLeft()
	})
}

// lateLock is a lock that others get before Contend does, as on a busy machine.
type lateLock struct {
	sync.Mutex
	probe *Probe
	late  int
}

func (l *lateLock) TryLock() bool {
	if l.late--; l.late >= 0 {
		l.probe.sleepReally(5 * time.Millisecond)
	}
	return l.Mutex.TryLock()
}

func TestContendTriesAgainIfOthersGetTheLockBefore(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) {
		mu := &lateLock{probe: p, late: 3}
		inside, most := 0, 0
		p.Contend(mu, 4, func(int) {
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			mu.Lock()
			inside--
			mu.Unlock()
		})
		if most != 4 {
			t.Errorf("%d goroutines were between their two holds of the lock at once, want 4", most)
		}
		if mu.late >= 0 {
			t.Errorf("others got the lock %d times too few", mu.late+1)
		}
	})
}

func TestAListenerReceivesWhatWasMeasured(t *testing.T) {
	var got []Report
	Listen(func(r Report) { got = append(got, r) })
	defer listener.Store(nil)
	Run(t, func(t *testing.T, p *Probe) {
		inParallel(250, 5, func(i int) { p.Call(t.Context(), "call", ms, nil) })
	})
	if len(got) != 1 {
		t.Fatalf("got %d reports, want 1", len(got))
	}
	r := got[0]
	if r.Name != t.Name() || r.MostInFlight != 5 || len(r.Calls) != 200 || r.Left != 50 {
		t.Errorf("report of %q: %d in flight, %d calls, %d left; want 5, 200 and 50", r.Name, r.MostInFlight, len(r.Calls), r.Left)
	}
	if want := (Call{"call", ms, 2 * ms, done}); r.Calls[5] != want {
		t.Errorf("call 5 is %+v, want %+v", r.Calls[5], want)
	}
}

func TestGoroutinesOfABubbleAreReadFromAStackTrace(t *testing.T) {
	all := goroutines(`goroutine 34 [running]:
main.main()
	/x/main.go:3 +0x1d

goroutine 36 gp=0xc000 m=nil [chan send (durable), 2 minutes, synctest bubble 7]:
example.com/ps1.Map[...].func1({0xc0, 0x2})
	/x/answer.go:12 +0x2f
created by example.com/ps1.Map[...] in goroutine 35
	/x/answer.go:9 +0x65
`)
	want := "chan send in Map[...].func1 (answer.go:12), started in Map[...] (answer.go:9)"
	if len(all) != 2 || all[0].bubble != "" || all[1].bubble != "7" || all[1].String() != want {
		t.Errorf("got %+v, want two goroutines, the second of them %q", all, want)
	}
}

func TestThePictureShowsWhenAndHowCallsEnded(t *testing.T) {
	got := picture(Report{Calls: []Call{
		{"one", 0, 47 * ms, done},
		{"two", 10 * ms, 20 * ms, failed},
		{"three", 20 * ms, 20 * ms, cancelled},
		{"a name of more than twenty letters", 40 * ms, 47 * ms, unfinished},
	}, Left: 3})
	want := `                          0                                           47ms
    one                   [==============================================]  done
    two                             [=========x                             failed
    three                                     ~                             cancelled
    a name of more than                                           [======.  unfinished
    and 3 more
`
	if trimLines(got) != trimLines(want) {
		t.Errorf("got the picture\n%s\nwant\n%s", got, want)
	}
}

func trimLines(s string) string { return regexp.MustCompile(` +(\n|$)`).ReplaceAllString(s, "$1") }

// yesToAll matches any error with errors.Is.
type yesToAll struct{}

func (yesToAll) Error() string { return "yes" }
func (yesToAll) Is(error) bool { return true }

// failing are tests that fail. They run in a process of their own.
var failing = map[string]struct {
	test func(t *testing.T, p *Probe)
	says []string // parts of the output, in order
}{
	"most in flight": {
		func(t *testing.T, p *Probe) {
			inParallel(6, 3, func(i int) { p.Call(t.Context(), "call", ms, nil) })
			p.MostInFlight(5)
		},
		[]string{"at most 3 calls in flight, want 5", "the calls over time:", "call  [======================]", "done"},
	},
	"one in flight": {
		func(t *testing.T, p *Probe) {
			inParallel(2, 2, func(i int) { p.Call(t.Context(), "call", ms, nil) })
			p.MostInFlight(1)
		},
		[]string{"at most 2 calls in flight, want 1"},
	},
	"overlapped": {
		func(t *testing.T, p *Probe) {
			inParallel(2, 1, func(i int) { p.Call(t.Context(), fmt.Sprint(i), ms, nil) })
			p.Overlapped("0", "1")
			p.Overlapped("0", "2")
		},
		[]string{`0, 1 did not overlap: "1" began at 1ms, but "0" ended at 1ms`, `no call of "2", want one`},
	},
	"in order": {
		func(t *testing.T, p *Probe) {
			inParallel(3, 1, func(i int) { p.Call(t.Context(), fmt.Sprint(i), ms, nil) })
			p.InOrder("0", "2", "1")
			p.Began("1", 2*ms)
			p.Times("1", 3)
			p.Within(2 * ms)
		},
		[]string{"the calls began in the order 0, 1, 2, want 0, 2, 1", `calls of "1" began at [1ms], want [2ms]`,
			`1 call of "1", want 3`, "the test took 3ms, want at most 2ms"},
	},
	"cancelled": {
		func(t *testing.T, p *Probe) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(ms, cancel)
			inParallel(2, 2, func(i int) { p.Call([]context.Context{ctx, t.Context()}[i], fmt.Sprint("call ", i), 2*ms, nil) })
			p.AllCancelled()
		},
		[]string{`"call 1" ran to its end at 2ms, want it cancelled`, "~", "cancelled"},
	},
	"none left": {
		func(t *testing.T, p *Probe) {
			for range 2 {
				go p.Call(t.Context(), "forgotten", time.Hour, nil)
			}
			p.NoneLeft()
		},
		[]string{`"forgotten" is still in flight`, "2 goroutines are left, want none: it waits in a select", "select, started in ", "(probe_test.go:", "(2 such goroutines)"},
	},
	"left at the end": {
		func(t *testing.T, p *Probe) {
			ch := make(chan int)
			go func() { ch <- 1 }()
		},
		[]string{"1 goroutine is left at the end of the test: it waits to send to somebody who no longer receives", "chan send in ", "started in ", "(probe_test.go:"},
	},
	"late": {
		func(t *testing.T, p *Probe) {
			go p.Call(t.Context(), "work", 50*ms, nil)
			time.Sleep(time.Second) // instead of waiting
		},
		[]string{"the last call ended at 50ms, but the function returned at 1s"},
	},
	"outside": {
		func(t *testing.T, p *Probe) {
			outside <- func() { p.Call(context.Background(), "work", 50*ms, nil) }
			outside <- func() {} // received after the call
		},
		[]string{"a call of the work came from a goroutine that was started before the test"},
	},
	"deadlock": {
		func(t *testing.T, p *Probe) {
			p.Call(t.Context(), "before", ms, nil)
			p.MostInFlight(2)
			<-make(chan int)
		},
		[]string{"want 2", "deadlock: all goroutines are blocked", "chan receive in ", "(probe_test.go:", "before"},
	},
	"lock": {
		func(t *testing.T, p *Probe) {
			var mu sync.Mutex
			mu.Lock()
			mu.Lock()
		},
		[]string{"the test was still running after 200ms of real time", "waits for a lock that is never released", "sync.Mutex.Lock in ", "(probe_test.go:"},
	},
	"sleep with a lock": {
		func(t *testing.T, p *Probe) {
			var mu sync.Mutex
			go func() { mu.Lock() }()
			mu.Lock()
			p.Call(t.Context(), "work", ms, nil)
		},
		[]string{"the test was still running after 200ms of real time", "waits for a lock whose holder sleeps or waits", "(probe_test.go:"},
	},
	"global channel": {
		func(t *testing.T, p *Probe) {
			go func() { <-globalChannel }()
			p.Call(t.Context(), "work", ms, nil)
		},
		[]string{"the test was still running after 200ms of real time", "waits for a channel that was declared outside of any function", "(probe_test.go:"},
	},
	"global WaitGroup": {
		func(t *testing.T, p *Probe) {
			globalGroup.Go(func() { p.Call(t.Context(), "work", ms, nil) })
			globalGroup.Wait()
		},
		[]string{"the test was still running after 200ms of real time", "waits for a WaitGroup that was declared outside of any function", "(probe_test.go:"},
	},
	"endless loop": {
		func(t *testing.T, p *Probe) {
			for {
				endless++
			}
		},
		[]string{"the test was still running after 200ms of real time", "loops forever", "(probe_test.go:"},
	},
	"closed twice": {
		func(t *testing.T, p *Probe) {
			c := make(chan int)
			close(c)
			close(c)
		},
		[]string{"panic: close of closed channel: close a channel once"},
	},
	"spin": {
		func(t *testing.T, p *Probe) {
			for {
				time.Sleep(ms)
			}
		},
		[]string{"the test was still running after 200ms of real time", "(probe_test.go:"},
	},
	"panic": {
		func(t *testing.T, p *Probe) { panic("not implemented") },
		[]string{"panic: not implemented", "in ", "(probe_test.go:"},
	},
	"index": {
		func(t *testing.T, p *Probe) { t.Log([]int(nil)[len(p.Calls())+42]) },
		[]string{"panic: runtime error: index out of range [42] with length 0", "in ", "(probe_test.go:"},
	},
	"stop": {
		func(t *testing.T, p *Probe) { t.Fatal("that is enough") },
		[]string{"that is enough"},
	},
	"without the lock": {
		func(t *testing.T, p *Probe) {
			var mu sync.Mutex
			p.Contend(&mu, 3, func(i int) {
				if i > 0 {
					mu.Lock()
					defer mu.Unlock()
				}
			})
		},
		[]string{"1 of 3 goroutines got through while another held the lock"},
	},
	"results": {
		func(t *testing.T, p *Probe) {
			Results(t, []int{2, 1}, []int{1, 2})
			Results(t, []int{2}, []int{1, 2})
			Results(t, []int{1, 3}, []int{1, 2})
		},
		[]string{"complete but in the wrong order: got [2 1], want [1 2]", "1 result, want 2: got [2], want [1 2]", "result 1 is 3, want 2"},
	},
	"errors": {
		func(t *testing.T, p *Probe) {
			KeptErrors(t, errBroken)
			KeptErrors(t, nil, errBroken)
			KeptErrors(t, errBroken, os.ErrExist, errBroken, os.ErrPermission)
			KeptErrors(t, errBroken, errBroken, os.ErrNotExist)
			KeptErrors(t, yesToAll{}, os.ErrClosed)
		},
		[]string{"got the error broken, want none", `the error "broken" was lost: got <nil>`, `2 of 3 errors were lost: "file already exists", "permission denied"; got broken`, `the error "file does not exist" was lost: got broken`, `the error "file already closed" was lost: got yes`},
	},
}

// outside takes work to a goroutine that is in no bubble.
var outside = func() chan<- func() {
	work := make(chan func())
	go func() {
		for f := range work {
			f()
		}
	}()
	return work
}()

// A test that checks the time itself may sleep.
func TestWithinAllowsATestToSleep(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) {
		p.Call(t.Context(), "work", ms, nil)
		time.Sleep(time.Second)
		p.Within(2 * time.Second)
	})
}

func TestDiscreetMessagesNameTheCoursesFunctionsOnly(t *testing.T) {
	Discreet(true, "Each", "Stock.Take")
	defer Discreet(false)
	for function, want := range map[string]string{
		"answer/each.Each": "Each", "answer/each.Each[...]": "Each", "answer/each.Each[...].func1": "Each",
		"answer/each.Each.func2.1": "Each", "answer/each.Each.gowrap1": "Each", "answer/stock.(*Stock).Take": "Stock.Take",
		"answer/stock.(*Stock).Take.func1": "Stock.Take", "answer/each.secret42": "", "answer/each.EachOf42": "",
		"answer/each.(*Each).secret": "", "answer/each.Each.secret": "",
	} {
		if got := mayName(function); got != want {
			t.Errorf("%s: got %q, want %q", function, got, want)
		}
	}
}

func TestFailing(t *testing.T) {
	f, ok := failing[os.Getenv("PROBE_FAILING")]
	if !ok {
		t.Skip("run by TestMessagesSayWhatWasMeasuredAndWhatTheTestWants")
	}
	limit := realTimeLimit
	if f.says[0] == "the test was still running after 200ms of real time" {
		limit = 200 * ms
	}
	if os.Getenv("PROBE_DISCREET") != "" {
		Discreet(true, "Each")
		Listen(func(Report) {}) // otherwise the calls are drawn
	}
	run(t, limit, f.test)
}

// TestAfterwards shows that the next test runs after one that failed.
func TestAfterwards(t *testing.T) {
	Run(t, func(t *testing.T, p *Probe) { p.Call(t.Context(), "next", ms, nil) })
}

// places matches what a message of a hidden test may contain besides words.
var places = regexp.MustCompile(`\w+\.go:\d+|\(\d+ such goroutines\)|after 200ms|\.func\d+(\.\d+)*|\(\d+\.\d+s\)`)

func TestDiscreetMessagesContainNoValues(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range failing {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestFailing$", "-test.v")
			cmd.Env = append(os.Environ(), "PROBE_FAILING="+name, "PROBE_DISCREET=1")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "    probe_test.go:") && !strings.Contains(string(out), "    run.go:") {
				t.Fatalf("the test passed, or printed no message: %v\n%s", err, out)
			}
			said := places.ReplaceAllString(string(out), "")
			if leak := regexp.MustCompile(`.*(\d|"|broken|not implemented|\[).*`).FindString(said); leak != "" {
				t.Errorf("the message reveals a value: %s\nin\n%s", leak, out)
			}
		})
	}
}

func TestMessagesSayWhatWasMeasuredAndWhatTheTestWants(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range failing {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^(TestFailing|TestAfterwards)$", "-test.v")
			cmd.Env = append(os.Environ(), "PROBE_FAILING="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Error("the test passed, want it to fail")
			}
			rest := string(out)
			for _, part := range append(slices.Clone(f.says), "--- FAIL: TestFailing", "--- PASS: TestAfterwards") {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("%q is missing, or not in this order, in:\n%s", part, out)
				}
				rest = after
			}
		})
	}
}

func TestADeadlineIsExtendedWhileTheMachineIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s = time.Second
		d := newDeadline(5 * s)
		d.before = schedstat.Times{}
		d.times = func() schedstat.Times { // it gets a fifth of the time
			wall := time.Since(d.began)
			return schedstat.Times{Ran: wall / 5, Waited: wall * 4 / 5}
		}
		<-d.timer.C
		for d.extend() {
			<-d.timer.C
		}
		if got := time.Since(d.began).Round(s); got != 25*s {
			t.Errorf("a limit of 5s, and a fifth of the processor: got %v, want 25s", got)
		}
		d.times = func() schedstat.Times { return schedstat.Times{} }
		if d.extend() {
			t.Error("a test that is blocked: got more time, want none")
		}
	})
}
