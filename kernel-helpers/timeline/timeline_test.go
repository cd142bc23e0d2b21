package timeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/timeline"
)

func send(results chan int) { results <- 1 }

func record(t *testing.T, f func()) *timeline.Run {
	t.Helper()
	raw, err := timeline.Record("", f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := timeline.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func worker(client *http.Client, jobs <-chan string) {
	for url := range jobs {
		if resp, err := client.Get(url); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
}

func TestWorkersAreLanesAndTheirRequestsAreInFlight(t *testing.T) {
	var now, most atomic.Int64
	var all sync.WaitGroup
	all.Add(5)
	first := int64(5)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if atomic.AddInt64(&first, -1) >= 0 { // the first five requests wait for each other
			all.Done()
			all.Wait()
		}
		now.Add(-1)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 5}}
	defer client.CloseIdleConnections()
	r := record(t, func() {
		jobs := make(chan string)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { worker(client, jobs) })
		}
		for range 20 {
			jobs <- server.URL
		}
		close(jobs)
		wg.Wait()
	})
	n := r.Numbers()
	if n.Started != 5 || n.Left != 0 {
		t.Errorf("got %d goroutines started and %d left, want 5 and 0", n.Started, n.Left)
	}
	if n.MostInFlight != 5 || most.Load() != 5 {
		t.Errorf("got %d in flight at the client and %d at the server, want 5", n.MostInFlight, most.Load())
	}
	svg := r.SVG("A pool")
	for _, want := range []string{">main<", ">timeline_test.worker 1<", ">network<"} {
		if !strings.Contains(svg, want) && !strings.Contains(svg, strings.Replace(want, "timeline_test.worker 1", "timeline_test.work…", 1)) {
			t.Errorf("%s is missing in the picture", want)
		}
	}
	if n.Libraries == 0 {
		t.Error("the goroutines of net/http are not counted")
	}
}

func TestLanesAreNamedByTaskThenRegionThenFunction(t *testing.T) {
	ctx := context.Background()
	r := record(t, func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, task := trace.NewTask(ctx, "page 7")
			defer task.End()
			trace.WithRegion(ctx, "inside", runtime.Gosched)
		})
		wg.Go(func() { trace.WithRegion(ctx, "parse", runtime.Gosched) })
		wg.Go(func() { timeline.Task("download", runtime.Gosched) })
		wg.Wait()
	})
	svg := r.SVG("Names")
	for _, want := range []string{">page 7<", ">parse<", ">download<", ">main<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is missing in the picture", want)
		}
	}
	if n := r.Numbers(); !n.ByRegions || n.Started != 3 {
		t.Errorf("got %+v, want 3 goroutines started and regions", n)
	}
}

func TestAStateIsWhatAGoroutineWaitsFor(t *testing.T) {
	for name, c := range map[string]struct {
		wait  func(release <-chan struct{})
		want  timeline.State
		shows string // the state in runtime.Stack
	}{
		"a channel": {func(release <-chan struct{}) { <-release }, timeline.Channel, "chan receive"},
		"a select": {func(release <-chan struct{}) {
			select {
			case <-release:
			case <-context.Background().Done():
			case <-make(chan int):
			}
		}, timeline.Select, "select"},
		"a lock": {func(<-chan struct{}) { released.Wait() }, timeline.Lock, "sync.WaitGroup.Wait"},
		"sleep":  {func(<-chan struct{}) { time.Sleep(3 * time.Millisecond) }, timeline.Asleep, ""},
	} {
		t.Run(name, func(t *testing.T) {
			// The wait may be short, and a wait for the collector counts too.
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			runtime.GC() // waits until no collection is in progress
			release, done := make(chan struct{}), make(chan struct{})
			released.Add(1)
			r := record(t, func() {
				go waitFor(c.wait, release, done)
				if c.shows != "" {
					awaitStack("timeline_test.waitFor", c.shows, 1)
				}
				released.Done()
				close(release)
				<-done
			})
			if n := r.Numbers(); n.LongestState != c.want {
				t.Errorf("the longest wait is %v, want %v", n.LongestState, c.want)
			}
		})
	}
}

// released is the lock of one of the tests; its counter is 0 in all others.
var released sync.WaitGroup

func waitFor(wait func(<-chan struct{}), release <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	wait(release)
}

func TestARecordingInProgressIsNotDisturbed(t *testing.T) {
	ran := false
	var inner error
	r := record(t, func() { _, inner = timeline.Record("", func() { ran = true }) })
	if !ran || inner == nil {
		t.Errorf("the inner function ran: %v, error: %v; want true and an error", ran, inner)
	}
	if r.Wall() <= 0 {
		t.Error("the outer recording is empty")
	}
}

func TestAFunctionThatDoesNotReturnStillGivesItsPicture(t *testing.T) {
	for program, c := range map[string]struct {
		title  string
		signal syscall.Signal
		fails  bool
	}{
		"panics":              {title: "A run that panics", fails: true},
		"exits its goroutine": {title: "A run that exits"},
		"is interrupted":      {title: "A run without end", fails: true, signal: syscall.SIGINT},
	} {
		t.Run(program, func(t *testing.T) {
			stdout, stderr, err := run(t, program)
			if !strings.HasPrefix(stdout, c.title+"\ntime: ") {
				t.Errorf("printed %q and the errors %q, want the figures of %q", stdout, stderr, c.title)
			}
			if (err != nil) != c.fails {
				t.Errorf("ended with %v, want an error: %t", err, c.fails)
			}
			if exit, ok := errors.AsType[*exec.ExitError](err); c.signal != 0 {
				if status, isStatus := exit.Sys().(syscall.WaitStatus); !ok || !isStatus || status.Signal() != c.signal {
					t.Errorf("ended with %v, want %v", err, c.signal)
				}
			}
		})
	}
}

func TestAShowWithinAShowHasNoPicture(t *testing.T) {
	stdout, stderr, err := run(t, "shows within a show")
	if err != nil || !strings.HasPrefix(stdout, "still runs\nThe outer run\n") || strings.Contains(stdout, "The inner run") {
		t.Errorf("got %v and %q, want the outer picture only", err, stdout)
	}
	if !strings.Contains(stderr, `no picture of "The inner run"`) {
		t.Errorf("standard error is %q, want the reason", stderr)
	}
}

func TestLeakedGoroutinesAreShownWithTheirLine(t *testing.T) {
	stdout, _, err := run(t, "leaks")
	if err != nil || !strings.Contains(stdout, "left behind when the function returned: 3") ||
		!strings.Contains(stdout, "3 × timeline_test.send, waiting for a channel, in timeline_test.send") {
		t.Errorf("got %v and %q, want 3 leaks with their line", err, stdout)
	}
}

func TestTasksOfChildProcessesAreInTheParentsPicture(t *testing.T) {
	stdout, stderr, err := run(t, "starts workers", "TIMELINE_TEST_FILE=run.svg")
	if err != nil || stderr != "" {
		t.Fatalf("%v: %s", err, stderr)
	}
	svg := string(saved["starts workers/run.svg"])
	for _, want := range []string{">this process<", ">process 1<", ">process 2<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is missing in the picture", want)
		}
	}
	if got := strings.Count(svg, ">square<"); got != 2 {
		t.Errorf("got %d lanes named square, want one for each process:\n%s", got, stdout)
	}
	if !strings.Contains(stdout, "(goroutines inside a region)") {
		t.Errorf("printed %q, want figures by regions", stdout)
	}
}

func TestSaveWritesTheFormatOfTheExtension(t *testing.T) {
	stdout, stderr, err := run(t, "saves")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Saved run.html\n", "Saved run.svg\n", "Saved run.trace\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("printed %q, want %q", stdout, want)
		}
	}
	for _, want := range []string{"too-early.html: nothing has been shown yet", `run.docx: unknown extension ".docx"`, "no/such/folder/run.html: "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error is %q, want %q", stderr, want)
		}
	}
	if _, err := timeline.Read(saved["saves/run.trace"]); err != nil {
		t.Errorf("read run.trace: %v", err)
	}
	if !strings.HasPrefix(string(saved["saves/run.svg"]), "<svg ") {
		t.Error("run.svg is not an SVG picture")
	}
}

func TestThePageIsSelfContained(t *testing.T) {
	r := record(t, func() {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { time.Sleep(time.Millisecond) })
		}
		wg.Wait()
	})
	page := string(r.HTML(`</script><b>"DATA" & TITLE`))
	for _, bad := range []string{"http:", "https:", "src=", "@import", "url(", "<b>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	_, rest, _ := strings.Cut(page, "const data = ")
	line, _, _ := strings.Cut(rest, ";\n")
	var data struct {
		Title  string
		Wall   int64
		Groups []struct{ Lanes [][2]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(line), &data); err != nil {
		t.Fatal(err)
	}
	if data.Title != `</script><b>"DATA" & TITLE` || data.Wall != int64(r.Wall()) || len(data.Groups) != 1 || len(data.Groups[0].Lanes) != 4 {
		t.Errorf("got title %q, wall %d and %d groups; want the run's, with 4 lanes in 1 group", data.Title, data.Wall, len(data.Groups))
	}
}

func TestTheStoredTraceHasTheSameFigures(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "pool.trace"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := timeline.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "pool.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Numbers().String() + "\n"; got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
