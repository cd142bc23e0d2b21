//go:build race

package probe

import "runtime"

// unordered makes the race detector ignore, until ordered, that the current
// goroutine synchronises with others.
func unordered() { runtime.RaceDisable() }
func ordered()   { runtime.RaceEnable() }
