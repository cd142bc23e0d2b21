package cellbuild

import (
	"fmt"
	"time"
)

// state is what tells whether a file or folder is still as it was.
type state struct {
	exists         bool
	dev, ino       uint64
	mode           uint32
	size           int64
	mtime, changed int64 // nanoseconds since 1970
}

const (
	// clockStep is more than the steps of the clock by which systems note times
	// of change (Linux: up to 10 ms).
	clockStep = 50 * time.Millisecond
	// coarseStep is the same for file systems that note whole seconds, or two.
	coarseStep = 2 * time.Second
)

// settled reports whether a change at or after t would show in s.
func (s state) settled(t time.Time) bool {
	if !s.exists {
		return true
	}
	step := clockStep
	if s.changed%int64(time.Second) == 0 {
		step = coarseStep
	}
	return s.changed < t.Add(-step).UnixNano()
}

// files are the states of paths at some time.
type files map[string]state

// add notes the state of a path that somebody read after began.
func (f files) add(path string, began time.Time) error {
	if _, ok := f[path]; ok {
		return nil
	}
	s, err := look(path)
	if err != nil {
		return fmt.Errorf("cellbuild: %s: %w", path, err)
	}
	if !s.settled(began) {
		return fmt.Errorf("cellbuild: %s has just been changed", path)
	}
	f[path] = s
	return nil
}

// same reports whether a path is as it was when it was added.
func (f files) same(path string) bool {
	now, err := look(path)
	return err == nil && now == f[path]
}

// allSame reports whether all paths are as they were when they were added.
func (f files) allSame() bool {
	for path := range f {
		if !f.same(path) {
			return false
		}
	}
	return true
}
