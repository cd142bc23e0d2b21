package progress

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A recorder is a screen that records the states it is given.
type recorder struct {
	updates []state
	lasts   []state
}

func (r *recorder) update(s state) { r.updates = append(r.updates, s) }
func (r *recorder) last(s state)   { r.lasts = append(r.lasts, s) }

func TestABarIsUpdatedFiveTimesASecondAndEndsWithItsLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var to recorder
		bar := start(100, "downloads", &to)
		if len(to.updates) != 1 {
			t.Errorf("%d updates when Start returned, want 1", len(to.updates))
		}
		for range 100 {
			time.Sleep(31 * time.Millisecond)
			bar.Add(1)
		}
		bar.Done() // synctest fails if the bar's goroutine is still running at the end
		if len(to.updates) != 1+15 {
			t.Errorf("%d updates in 3.1 s, want 16", len(to.updates))
		}
		if len(to.lasts) != 1 || to.lasts[0].done != 100 || to.lasts[0].took != 3100*time.Millisecond {
			t.Errorf("last states are %+v, want one with 100 done after 3.1 s", to.lasts)
		}
		bar.Done()
		if len(to.lasts) != 1 {
			t.Error("a second Done showed the last line again")
		}
	})
}

// A slow screen takes a second for each update.
type slow struct{ events []string }

func (s *slow) update(state) {
	s.events = append(s.events, "update")
	time.Sleep(time.Second)
	s.events = append(s.events, "updated")
}
func (s *slow) last(state) { s.events = append(s.events, "last") }

func TestTheLastLineIsNotOvertakenByAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var to slow
		bar := start(1, "downloads", &to)
		time.Sleep(interval + time.Millisecond) // now an update is under way
		bar.Done()
		if want := []string{"update", "updated", "update", "updated", "last"}; !slices.Equal(to.events, want) {
			t.Errorf("screen events are %v, want %v", to.events, want)
		}
	})
}

func TestManyGoroutinesAreCountedExactly(t *testing.T) {
	var to recorder
	bar := start(3000, "downloads", &to)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			bar.Begin()
			if i%10 == 0 {
				bar.Fail()
			} else {
				bar.Add(3)
			}
		})
	}
	all.Wait()
	bar.Done()
	if s := to.lasts[0]; s.done != 2700 || s.failed != 100 || s.inFlight != 0 {
		t.Errorf("got %+v, want 2700 done, 100 failed, 0 in flight", s)
	}
}

func TestABarWithoutAScreenCountsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bar := start(1, "downloads", nil)
		bar.Add(1)
		bar.Done()
		bar.Done()
	})
}

func TestTheLineSaysWhatIsKnown(t *testing.T) {
	for _, c := range []struct {
		state         state
		line, summary string
	}{
		{state{what: "downloads", total: 160, done: 79, failed: 1, inFlight: 5, counted: true, took: 800 * time.Millisecond},
			"downloads 79/160, 5 in flight, 1 failed, 100/s, 1 s left", "downloads: 79 of 160, 1 failed, in 0.80 s (100/s)"},
		{state{what: "downloads", total: 160, done: 160, took: 1640 * time.Millisecond},
			"downloads 160/160, 97.6/s", "downloads: 160 in 1.64 s (97.6/s)"},
		{state{what: "pages", done: 7, took: 100 * time.Second},
			"pages 7, 0.07/s", "pages: 7 in 100 s (0.07/s)"},
		{state{what: "pages", total: 10000, done: 1, took: time.Second},
			"pages 1/10000, 1.00/s, 2 h 46 min left", "pages: 1 of 10000 in 1.00 s (1.00/s)"},
		{state{what: "pages", total: 100, done: 1, took: time.Second},
			"pages 1/100, 1.00/s, 1 min 39 s left", "pages: 1 of 100 in 1.00 s (1.00/s)"},
		{state{what: "pages", total: 3}, "pages 0/3", "pages: 0 of 3 in 0.00 s (0.00/s)"},
		{state{what: "pages", total: 1 << 62, done: 1, took: time.Hour},
			"pages 1/4611686018427387904, 0.00/s, more than 100 h left", "pages: 1 of 4611686018427387904 in 3600 s (0.00/s)"},
	} {
		if got := c.state.line(); got != c.line {
			t.Errorf("the line is %q, want %q", got, c.line)
		}
		if got := c.state.summary(); got != c.summary {
			t.Errorf("the summary is %q, want %q", got, c.summary)
		}
	}
}

func TestATerminalsLineIsRewrittenAndNeverWraps(t *testing.T) {
	var out strings.Builder
	to := terminal{&out, func() int { return 30 }}
	s := state{what: "downloads", total: 4, done: 1, took: time.Second}
	to.update(s)
	to.last(s)
	want := "\r[######------------------] do\x1b[K" + "\rdownloads: 1 of 4 in 1.00 s (1.00/s)\x1b[K\n"
	if out.String() != want {
		t.Errorf("wrote %q, want %q", &out, want)
	}
}

func TestMoreDoneThanTheTotalJustFillsTheBar(t *testing.T) {
	s := state{total: 4, done: 9}
	if got, want := s.bar(), "["+strings.Repeat("#", barRunes)+"] "; got != want {
		t.Errorf("the bar is %q, want %q", got, want)
	}
}

func TestANotebooksLineIsAProgressElementAndEscapedText(t *testing.T) {
	got := markup(state{what: "<b>", total: 4, done: 3, failed: 2})
	if want := `<div><progress value="4" max="4"></progress> &lt;b&gt; 3/4, 2 failed</div>`; got != want {
		t.Errorf("the markup is %s, want %s", got, want)
	}
}

// programEnv makes the test binary run a cell's program instead of the tests.
const programEnv = "PROGRESS_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		bar := Start(2, "downloads")
		defer bar.Done()
		bar.Add(2)
		return
	}
	m.Run()
}

func TestNothingIsShownInAPipe(t *testing.T) {
	for _, headless := range []string{"", "1"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), programEnv+"=1", headlessEnv+"="+headless, "GONB_PIPE=", "GORACE=atexit_sleep_ms=0")
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s=%s: %v, printed %q; want success and no output", headlessEnv, headless, err, out)
		}
	}
}

// BenchmarkAdd compares the cost of Bar.Add with that of its atomic addition.
func BenchmarkAdd(b *testing.B) {
	bar := start(0, "downloads", nil)
	defer bar.Done()
	var alone atomic.Int64
	for name, add := range map[string]func(){"bar": func() { bar.Add(1) }, "atomic": func() { alone.Add(1) }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				add()
			}
		})
		b.Run(name+" in parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					add()
				}
			})
		})
	}
}
