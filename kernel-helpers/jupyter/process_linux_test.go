package jupyter

import (
	"bytes"
	"fmt"
	"os"
)

// gone reports whether a process is no more, or a zombie that only its parent
// can take away.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}
