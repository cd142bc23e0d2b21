package timing

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// writes records the data of each write.
type writes []string

func (w *writes) Write(p []byte) (int, error) { *w = append(*w, string(p)); return len(p), nil }

func TestLinesOfManyGoroutinesStayWhole(t *testing.T) {
	var got writes
	p := &printer{to: &got}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { p.read("Read 10490 from http://page") })
	}
	all.Wait()
	if len(got) != 50 {
		t.Errorf("%d writes, want one for each of 50 lines", len(got))
	}
	for _, line := range got {
		if line != "Read 10490 from http://page\n" {
			t.Errorf("wrote %q, want one whole line", line)
		}
	}
}

func TestARunShowsItsFirstLinesAndCountsTheOthers(t *testing.T) {
	for _, c := range []struct {
		show, lines, want int
		last              string
	}{
		{6, 160, 7, "... and 154 more lines\n"},
		{6, 7, 7, "... and 1 more line\n"},
		{6, 6, 6, "line\n"},
		{0, 3, 1, "... and 3 more lines\n"},
		{-1, 160, 160, "line\n"},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.show, c.lines), func(t *testing.T) {
			var got writes
			p := &printer{to: &got}
			p.begin(c.show)
			for range c.lines {
				p.read("line")
			}
			p.end()
			if len(got) != c.want || got[len(got)-1] != c.last {
				t.Errorf("%d lines, the last %q; want %d and %q", len(got), got[len(got)-1], c.want, c.last)
			}
			p.read("outside a run")
			if got[len(got)-1] != "outside a run\n" {
				t.Error("a line outside a run was not shown")
			}
		})
	}
}

func TestARunWithinARunSharesItsLimit(t *testing.T) {
	var got writes
	p := &printer{to: &got}
	p.begin(2)
	p.begin(-1)
	for range 5 {
		p.read("line")
	}
	p.end()
	if len(got) != 2 {
		t.Errorf("got %q before the end of the outer run, want 2 lines", got)
	}
	p.end()
	if len(got) != 3 || got[2] != "... and 3 more lines\n" {
		t.Errorf("got %q, want 3 lines with the number of the rest last", got)
	}
}

func TestSecondsAreReadable(t *testing.T) {
	for s, want := range map[float64]string{
		147.5717: "147.57", 8.0349: "8.03", 1: "1.00", 0.0869: "0.0869", 0.4899: "0.490", 0.00012345: "0.000123", 0: "0.00",
	} {
		if got := seconds(s); got != want {
			t.Errorf("seconds(%v) = %s, want %s", s, got, want)
		}
	}
}

func TestAnErrorOfManyLinesIsPrintedAsOne(t *testing.T) {
	err := errors.Join(errors.New("a\nb"), errors.New("c"))
	if got := oneLine(err); got != "a; b; c" {
		t.Errorf("got %q, want %q", got, "a; b; c")
	}
	if got := oneLine(errors.New(strings.Repeat("x\n", 160))); got != "x; x; x; and 157 more" {
		t.Errorf("got %q, want %q", got, "x; x; x; and 157 more")
	}
}

func TestReportReturnsTheErrorAndPrintsOnlyDownloadedPages(t *testing.T) {
	old := stdout
	t.Cleanup(func() { stdout = old })
	var out strings.Builder
	stdout = &printer{to: &out}
	failed := errors.New("no page")
	if err := Report("http://a", 276, nil); err != nil {
		t.Error(err)
	}
	if err := Report("http://b", 0, failed); err != failed {
		t.Errorf("got error %v, want %v", err, failed)
	}
	if got := out.String(); got != "Read 276 from http://a\n" {
		t.Errorf("printed %q, want one line for the downloaded page", got)
	}
}
