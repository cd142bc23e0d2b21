package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A screen prints a line for each finished notebook and, on a terminal, a line
// of progress that it redraws. It is safe for concurrent use.
type screen struct {
	out   io.Writer // for the lines of the notebooks
	errs  io.Writer // for progress and messages
	width int       // of the terminal that errs writes to; 0 if it is none
	quiet bool      // print no lines for notebooks

	mu      sync.Mutex
	running map[int]string // progress of the running jobs, by job number
}

func newScreen(out, errs io.Writer, width int, quiet bool) *screen {
	return &screen{out: out, errs: errs, width: width, quiet: quiet, running: map[int]string{}}
}

func (s *screen) progress(job int, file string, cell, cells int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[job] = fmt.Sprintf("%s: cell %d/%d", filepath.Base(file), cell, cells)
	s.draw()
}

func (s *screen) finish(job int, r report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, job)
	s.erase()
	if !s.quiet {
		fmt.Fprintln(s.out, r.line())
	}
	s.draw()
}

func (s *screen) message(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintln(s.errs, text)
	s.draw()
}

func (s *screen) draw() {
	if s.width == 0 || len(s.running) == 0 {
		return
	}
	var parts []string
	for _, job := range slices.Sorted(maps.Keys(s.running)) {
		parts = append(parts, s.running[job])
	}
	line := []rune(strings.Join(parts, " · "))
	if len(line) >= s.width {
		line = append(line[:max(s.width-2, 0)], '…')
	}
	s.erase()
	fmt.Fprint(s.errs, string(line))
}

func (s *screen) erase() {
	if s.width > 0 {
		fmt.Fprint(s.errs, "\r\x1b[K")
	}
}
