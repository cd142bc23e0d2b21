package debugger

import (
	"fmt"
	"os"
)

// openMemory opens the memory of a process. Whoever may debug it may read it so,
// a hundred times faster than through Delve.
func openMemory(pid int) (*os.File, error) { return os.Open(fmt.Sprintf("/proc/%d/mem", pid)) }
