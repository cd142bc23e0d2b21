//go:build race

package race

import "runtime"

// Enabled reports whether the program was built with the race detector.
const Enabled = true

// Disable makes the race detector ignore the synchronization of the current
// goroutine with others until [Enable] is called. Without the detector it does
// nothing.
func Disable() { runtime.RaceDisable() }

// Enable undoes [Disable].
func Enable() { runtime.RaceEnable() }
