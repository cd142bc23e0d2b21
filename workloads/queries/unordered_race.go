//go:build race

package queries

import "runtime"

// unordered makes the race detector ignore, until ordered, that the current
// goroutine synchronises with others.
func unordered() { runtime.RaceDisable() }
func ordered()   { runtime.RaceEnable() }
