//go:build !race

package race

// Enabled reports whether the program was built with the race detector.
const Enabled = false

// Disable makes the race detector ignore, until [Enable], that the current
// goroutine synchronises with others. Without the detector it does nothing.
func Disable() {}

// Enable ends what [Disable] began.
func Enable() {}
