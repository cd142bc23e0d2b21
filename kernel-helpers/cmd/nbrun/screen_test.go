package main

import (
	"strings"
	"testing"
)

func TestProgressIsOneLineOnATerminal(t *testing.T) {
	var out, errs strings.Builder
	s := newScreen(&out, &errs, 30, false)
	s.progress(1, "x/b.ipynb", 1, 9)
	s.progress(0, "x/a.ipynb", 3, 12)
	s.finish(1, report{File: "x/b.ipynb", Status: passed, Ran: 9})
	s.finish(0, report{File: "x/a.ipynb", Status: passed, Ran: 1})
	want := strings.Join([]string{
		"", "b.ipynb: cell 1/9", "a.ipynb: cell 3/12 · b.ipynb…", "", "a.ipynb: cell 3/12", "",
	}, "\r\x1b[K")
	if errs.String() != want {
		t.Errorf("got  %q\nwant %q", errs.String(), want)
	}
	if want := "passed      x/b.ipynb  9 cells, 0.0 s\npassed      x/a.ipynb  1 cell, 0.0 s\n"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestWithoutATerminalThereIsNoProgress(t *testing.T) {
	var out, errs strings.Builder
	s := newScreen(&out, &errs, 0, false)
	s.progress(0, "a.ipynb", 1, 2)
	s.finish(0, report{File: "a.ipynb", Status: failed, Ran: 1, Error: &failure{Message: "notebook: a.ipynb: bad\nworse"}})
	if errs.String() != "" || out.String() != "failed      a.ipynb  1 cell, 0.0 s\n  bad\n  worse\n" {
		t.Errorf("got stdout %q, stderr %q; want the report in stdout only", out.String(), errs.String())
	}
}
