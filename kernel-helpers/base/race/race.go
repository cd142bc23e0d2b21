// Package race reports whether the program was built with the race detector, and
// can hide synchronization from it. It corresponds to Go's internal/race.
package race
