package report

import (
	"strings"
	"testing"
)

// Programs write in pieces of any size.
func TestACrashIsFoundHoweverStderrIsSplit(t *testing.T) {
	for _, c := range []struct{ output, crash string }{
		{"a log line\npan\n", "panic: oops\n\ngoroutine 1 [running]:\n"},
		{"", "fatal error: all goroutines are asleep - deadlock!\n"},
		{"=====\n", "==================\nWARNING: DATA RACE\n"},
		{"don't panic: it is output\npanic", ""},
	} {
		stderr := c.output + c.crash
		for size := 1; size <= len(stderr); size++ {
			var f CrashFilter
			var output strings.Builder
			for rest := stderr; rest != ""; rest = rest[min(size, len(rest)):] {
				output.WriteString(f.Write(rest[:min(size, len(rest))]))
			}
			held, crash := f.End()
			if got := output.String() + held; got != c.output || crash != c.crash {
				t.Errorf("in pieces of %d: got output %q and crash %q, want %q and %q", size, got, crash, c.output, c.crash)
			}
			if held, crash := f.End(); held != "" || crash != "" {
				t.Errorf("got output %q and crash %q of the program before, want none", held, crash)
			}
		}
	}
}

func TestOfAVeryLongCrashTheBeginningIsKept(t *testing.T) {
	var f CrashFilter
	begin := "panic: ä"
	f.Write(begin)
	for range 3 {
		f.Write(strings.Repeat("ä", maxReport/2))
	}
	if _, crash := f.End(); !strings.HasPrefix(crash, begin) || len(crash) > maxReport || len(crash) < maxReport-1 || !strings.HasSuffix(crash, "ä") {
		t.Errorf("got %d bytes, want the first %d in whole characters", len(crash), maxReport)
	}
}

func TestPlacesInATestsLogAreLinesOfCells(t *testing.T) {
	for log, want := range map[string]string{
		"=== RUN TestX\n":                             "=== RUN TestX\n",
		"    cell 2:2: bad\n":                         "    cell 2, line 2: bad\n",
		"    main_test.go:1: not in a cell\n":         "    main_test.go:1: not in a cell\n",
		"I print cell 2:2: in mid-line\n":             "I print cell 2:2: in mid-line\n",
		"    cell 1:2: a\n    cell 2:2: b\n":          "    cell 1, line 2: a\n    cell 2, line 2: b\n",
		"        cell 0:3: in a test within a test\n": "        this cell, line 3: in a test within a test\n",
	} {
		if got := RelocateLog(log); got != want {
			t.Errorf("%q: got %q, want %q", log, got, want)
		}
	}
}
