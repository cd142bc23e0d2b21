//go:build !linux

package langserver

import (
	"os/exec"
	"strconv"
	"strings"
)

// arguments returns the command line of a process, or nil if it has ended. An
// argument with blanks is several ones, because ps(1) prints it so.
func arguments(pid int) []string {
	out, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}

// limitMemory does nothing: only Linux can limit the memory of another process.
func limitMemory(int, uint64) error { return nil }
