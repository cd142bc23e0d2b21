package supervisor

import "os"

// keptEnv tells the second process that it is one. Its value is the folder that
// goes with the kernel.
const keptEnv = "SPEEDUP_KEPT"

// Kept reports whether this process is the second one.
func Kept() bool { return os.Getenv(keptEnv) != "" }
