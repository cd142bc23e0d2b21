package timing

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeasureReturnsTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := Measure("waiting", 3, func() error { time.Sleep(2 * time.Second); return nil }, With("workers", 5))
		if err != nil || r.Name != "waiting" || r.N != 3 || r.Seconds != 2 || r.Settings["workers"] != "5" || r.Runs != 1 {
			t.Errorf("got %+v, %v; want 3 items in 2 s by 5 workers", r, err)
		}
		if r.Machine.Cores < 1 || r.Machine.OS == "" || r.Machine.Go == "" || r.Date.IsZero() {
			t.Errorf("the machine or the date is missing: %+v", r)
		}
		if r, _ = Measure("waiting", 3, func() error { return nil }, With("workers", 5)); r.Runs != 2 {
			t.Errorf("runs = %d after a second run, want 2", r.Runs)
		}
	})
}

func TestMeasureReturnsTheErrorAndKeepsNothing(t *testing.T) {
	cause := errors.New("the cause")
	if _, err := Measure("failing once", 1, func() error { return cause }); !errors.Is(err, cause) || !strings.Contains(err.Error(), "failing once") {
		t.Errorf("got error %v, want one that wraps %q and names the measurement", err, cause)
	}
	if _, err := Measure("failing once", -1, func() error { return nil }); err == nil {
		t.Error("Measure accepted a negative n")
	}
	for _, r := range kept.all() {
		if r.Name == "failing once" {
			t.Errorf("kept the failed run %+v", r)
		}
	}
}

func TestAPanicPassesThroughAndEndsTheRun(t *testing.T) {
	func() {
		defer func() {
			if r := recover(); r != "as it is" {
				t.Errorf("recovered %v, want the original value", r)
			}
		}()
		_, _ = Measure("panicking", 1, func() error { panic("as it is") })
	}()
	if stdout.runs != 0 {
		t.Errorf("%d runs are still in progress, want 0", stdout.runs)
	}
}

func TestADownloadThatFailsEndsTheProgramWithOneLine(t *testing.T) {
	results := filepath.Join(t.TempDir(), "measured.json")
	out, errs, status := output(t, program(t, "fails", results))
	if status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if want := "timing: failing: one; two; three; and 2 more\n"; errs != want {
		t.Errorf("standard error is %q, want %q", errs, want)
	}
	if strings.Contains(out, "not reached") || !strings.HasSuffix(out, "... and 4 more lines\n") {
		t.Errorf("standard output is %q, want it to end with the number of the rest", out)
	}
	if _, err := os.Stat(results); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the results of a failed run: got %v, want no file", err)
	}
}

func TestAPanicInACellIsReported(t *testing.T) {
	_, errs, status := output(t, program(t, "panics", "off"))
	if status != 2 || !strings.HasPrefix(errs, "panic: as it is") {
		t.Errorf("status %d, standard error %q; want 2 and the panic", status, errs)
	}
}

func TestACellPrintsTheDocumentsLines(t *testing.T) {
	dir := t.TempDir()
	cmd := program(t, "measures", "")
	cmd.Dir = dir
	out, errs, status := output(t, cmd)
	if status != 0 || errs != "" {
		t.Fatalf("status %d, standard error %q; want success and no errors", status, errs)
	}
	want := regexp.MustCompile(`^(Read 10490 from http://page/\d+\n){6}\.\.\. and 154 more lines\n` +
		`Downloaded 160 in (0\.0*[1-9]\d*|[1-9]\d*(\.\d+)?) seconds\nDuration \d+(\.\d+)? seconds\nwhat +n +seconds`)
	if !want.MatchString(out) {
		t.Errorf("printed %q, want a match of %s", out, want)
	}
	if all, err := load(filepath.Join(dir, resultsFile)); err != nil || len(all) != 2 {
		t.Errorf("the file beside the notebook holds %v, %v; want 2 results", all, err)
	}
}

func TestNothingIsWrittenWhenResultsAreOff(t *testing.T) {
	cmd := program(t, "measures", "off")
	cmd.Dir = t.TempDir()
	out, errs, _ := output(t, cmd)
	if !strings.Contains(out, "squares, one after another") || errs != "" {
		t.Errorf("printed %q and the error %q; want a table of the program's own results", out, errs)
	}
	if left, _ := os.ReadDir(cmd.Dir); len(left) > 0 {
		t.Errorf("the folder holds %v, want nothing", left)
	}
}
