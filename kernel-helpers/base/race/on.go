//go:build race

package race

import "runtime"

// Enabled reports whether the program was built with the race detector.
const Enabled = true

// Disable makes the race detector ignore, until [Enable], that the current
// goroutine synchronises with others. Without the detector it does nothing.
func Disable() { runtime.RaceDisable() }

// Enable ends what [Disable] began.
func Enable() { runtime.RaceEnable() }
