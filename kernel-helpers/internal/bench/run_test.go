package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// small returns a work of twelve downloads by each of Go's ways.
func small() Work {
	return Work{
		Name: "small", Title: "12 downloads", Downloads: 12,
		Sides: []Side{
			{Name: "go", Title: "one after another", Way: wayLoop, Workers: 1},
			{Name: "pool", Title: "pooled", Way: wayPool, Workers: 4},
			{Name: "fan-out", Title: "fanned out", Way: wayFanOut},
		},
	}
}

func options(works ...Work) Options {
	return Options{Works: works, Runs: 2, Latency: time.Millisecond, GoPeer: peer("serves"), NoPython: "no Python today"}
}

func TestEverySideOfAWorkIsMeasuredInEachRun(t *testing.T) {
	report, err := Run(t.Context(), options(small()))
	if err != nil {
		t.Fatal(err)
	}
	if failures := report.Failures(); len(failures) > 0 {
		t.Fatal(failures)
	}
	for _, m := range report.Rows[0].Measured {
		if len(m.Samples) != 2 {
			t.Errorf("%s: got %d samples, want 2", m.Name, len(m.Samples))
		}
		for _, s := range m.Samples {
			// A worker that finds an idle connection while it dials uses that
			// one, and net/http keeps the dialled one as a spare: at most one
			// for each worker.
			most := m.Workers
			if most > 1 {
				most *= 2
			}
			if m.Workers > 0 && (s.Connections < 1 || s.Connections > most) {
				t.Errorf("%s: got %d connections, want 1 to %d: connections were not reused", m.Name, s.Connections, most)
			}
			if s.WallSeconds < s.Seconds {
				t.Errorf("%s: %v s in all, but %v s for the downloads alone", m.Name, s.WallSeconds, s.Seconds)
			}
		}
		if m.MinSeconds < m.LimitSeconds {
			t.Errorf("%s: got %v s, want at least the limit of %v s", m.Name, m.MinSeconds, m.LimitSeconds)
		}
	}
}

func TestEachRunStartsWithAnotherSide(t *testing.T) {
	var order []string
	o := options(small())
	o.Progress = func(line string) {
		side, _, _ := strings.Cut(strings.TrimPrefix(line, "12 downloads: "), ",")
		order = append(order, side)
	}
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"one after another", "pooled", "fanned out", "pooled", "fanned out", "one after another"}
	if !reflect.DeepEqual(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

func TestASideThatFailsIsReportedWithItsReason(t *testing.T) {
	for how, reason := range map[string]string{
		"fails": "out of luck",
		"lies":  "0 requests served, want 12",
		"":      "no outcome on stdout",
	} {
		t.Run("a peer with the fault"+how, func(t *testing.T) {
			o := options(small())
			o.GoPeer = peer(how)
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			failures := report.Failures()
			if len(failures) != 3 || !strings.Contains(failures[0], reason) {
				t.Errorf("got failures %q, want three with %q", failures, reason)
			}
			if report.row("small").figures("go").measured() {
				t.Error("a failed side has figures")
			}
		})
	}
}

func TestADownloadThatFailsEndsEveryGoWay(t *testing.T) {
	for _, way := range []string{wayLoop, wayPool, wayFanOut, wayProcesses, wayProcessesFanOut, "by magic"} {
		// Nothing listens on port 1.
		_, err := Do(t.Context(), Job{Way: way, Pages: []string{"http://127.0.0.1:1/page"}, Downloads: 50, Workers: 4, Chunk: 2})
		if err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want the reason", way, err)
		}
	}
}

func TestAStoppedRunReportsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options(small(), small())
	rounds := 0
	o.Progress = func(string) {
		if rounds++; rounds == 8 { // in the second work
			cancel()
		}
	}
	report, err := Run(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	if len(report.Rows) != 2 || !report.Rows[0].figures("go").measured() {
		t.Errorf("the report lacks the finished work: %+v", report.Rows)
	}
	if len(report.Failures()) > 0 {
		t.Errorf("got failures %q, want none: the side was only stopped", report.Failures())
	}
}

func TestSidesThatCannotRunAreSkippedWithTheirReason(t *testing.T) {
	work := Work{
		Name: "mixed", Title: "mixed", Downloads: 2,
		Sides: []Side{
			{Name: "go", Title: "Go", Way: wayLoop, Workers: 1},
			{Name: "aiohttp", Title: "aiohttp", Way: wayAiohttpGather, Package: "aiohttp"},
			{Name: "long", Title: "long", Way: wayAiohttpGather, Package: "aiohttp", Long: true},
		},
	}
	t.Run("without Python", func(t *testing.T) {
		report, err := Run(t.Context(), options(work))
		if err != nil {
			t.Fatal(err)
		}
		sides := report.Rows[0].Measured
		if len(sides) != 2 || sides[1].Skipped != "no Python today" {
			t.Errorf("got %+v, want the Python side skipped", sides)
		}
		if len(report.Notes) != 1 {
			t.Errorf("got notes %q, want one for all sides", report.Notes)
		}
	})
	t.Run("without the package", func(t *testing.T) {
		o := options(work)
		o.Long = true
		o.Python = &Python{Path: "python", Version: "3.14", Missing: map[string]string{"aiohttp": "No module named 'aiohttp'"}}
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		sides := report.Rows[0].Measured
		if len(sides) != 3 || !strings.Contains(sides[1].Skipped, "No module named 'aiohttp'") {
			t.Errorf("got %+v, want the sides skipped for the package", sides)
		}
	})
	t.Run("without enough open files", func(t *testing.T) {
		const tooMany = 1 << 40
		o := options(Work{Title: "huge", Downloads: tooMany, Sides: []Side{{Name: "go", Workers: tooMany}}})
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if skipped := report.Rows[0].Measured[0].Skipped; !strings.Contains(skipped, "ulimit") {
			t.Errorf("skipped for the reason %q, want one with a remedy", skipped)
		}
	})
}

// This runs every way of every work and checks that they find the same. Without
// the checkout's .venv, it runs only the sides in Go and C.
func TestGoAndPythonDoTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the Python peers")
	}
	o := options(Works(true)...)
	o.Runs, o.Quick, o.Long = 1, true, true
	path, err := FindPython("")
	if err != nil {
		o.NoPython = err.Error()
	} else if o.Python, err = OpenPython(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if failures := report.Failures(); len(failures) > 0 {
		t.Error(strings.Join(failures, "\n"))
	}
	for _, row := range report.Rows {
		for _, m := range row.Measured {
			if m.Skipped != "" {
				t.Logf("%s, %s skipped: %s", row.Name, m.Name, m.Skipped)
			} else if len(m.Samples) != 1 {
				t.Errorf("%s, %s: got %d samples, want 1", row.Name, m.Name, len(m.Samples))
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "speedup-bench-*")); err != nil || len(left) > 0 {
		t.Errorf("files left in the temporary folder: %q, %v", left, err)
	}
}

func TestAWrongAnswerFailsTheSide(t *testing.T) {
	work := Work{
		Name: "steps", Title: "steps", Steps: 3, First: 10, Answer: "1", Unit: Nanoseconds,
		Sides: []Side{{Name: "go", Title: "Go", Way: waySquares, Workers: 1}},
	}
	report, err := Run(t.Context(), options(work))
	if err != nil {
		t.Fatal(err)
	}
	if failures := report.Failures(); len(failures) != 1 || !strings.Contains(failures[0], `answer "1176", want 3 with "1"`) {
		t.Errorf("got failures %q, want the wrong answer", failures)
	}
}

func TestAWorkMayHaveItsOwnNumberOfRuns(t *testing.T) {
	work := small()
	work.Runs = 1
	for asked, want := range map[int]int{0: 1, 2: 2} {
		o := options(work)
		o.Runs = asked
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Rows[0].Measured[0].Samples); got != want {
			t.Errorf("with Runs %d: got %d samples, want %d", asked, got, want)
		}
	}
}

func TestWithoutACompilerTheCSideIsSkipped(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	work := Work{
		Name: "c", Title: "c", Steps: 1, First: 2, Answer: "1", Unit: InAll,
		Sides: []Side{
			{Name: "go", Title: "Go", Way: waySquares, Workers: 1},
			{Name: "c", Title: "C", Way: "squares", Package: inC, Workers: 1},
		},
	}
	report, err := Run(t.Context(), options(work))
	if err != nil {
		t.Fatal(err)
	}
	if skipped := report.Rows[0].Measured[1].Skipped; !strings.Contains(skipped, "no cc on PATH") {
		t.Errorf("skipped for the reason %q, want the missing compiler", skipped)
	}
	if !report.Rows[0].figures("go").measured() {
		t.Errorf("the Go side was not measured: %q", report.Failures())
	}
}
