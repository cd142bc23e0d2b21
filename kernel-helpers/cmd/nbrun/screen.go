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

// A screen prints a line for each notebook that is done and, on a terminal,
// one line of progress that is drawn anew. It may be used concurrently.
type screen struct {
	out   io.Writer // the notebooks' lines
	errs  io.Writer // progress and messages
	width int       // of the terminal behind errs; 0 is no terminal
	quiet bool      // no lines for notebooks

	mu      sync.Mutex
	running map[int]string // by number of the job
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

func (s *screen) done(job int, r report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, job)
	s.wipe()
	if !s.quiet {
		fmt.Fprintln(s.out, r.line())
	}
	s.draw()
}

func (s *screen) say(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintln(s.errs, message)
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
	s.wipe()
	fmt.Fprint(s.errs, string(line))
}

func (s *screen) wipe() {
	if s.width > 0 {
		fmt.Fprint(s.errs, "\r\x1b[K")
	}
}
