package cellbuild

import (
	"fmt"
	"time"
)

// A state identifies the state of a file or folder, so that changes can be
// detected.
type state struct {
	exists         bool
	dev, ino       uint64
	mode           uint32
	size           int64
	mtime, changed int64 // nanoseconds since 1970
}

const (
	// clockStep is longer than the steps of the clock with which systems record
	// change times (Linux: up to 10 ms).
	clockStep = 50 * time.Millisecond
	// coarseStep is the same for file systems that record whole seconds, or
	// every other.
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

// files maps paths to their states at some time.
type files map[string]state

// add records the state of a path that was read after began.
func (f files) add(path string, began time.Time) error {
	if _, ok := f[path]; ok {
		return nil
	}
	s, err := look(path)
	if err != nil {
		return fmt.Errorf("cellbuild: %s: %w", path, err)
	}
	if !s.settled(began) {
		return fmt.Errorf("cellbuild: %s was changed just now", path)
	}
	f[path] = s
	return nil
}

// same reports whether the state of a path is the same as when it was added.
func (f files) same(path string) bool {
	now, err := look(path)
	return err == nil && now == f[path]
}

// allSame reports whether the states of all paths are the same as when they
// were added.
func (f files) allSame() bool {
	for path := range f {
		if !f.same(path) {
			return false
		}
	}
	return true
}
