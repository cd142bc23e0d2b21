package processes

import (
	"errors"
	"os"
	"syscall"
)

// SignalGroup sends a signal to the process group that a process leads. That
// nobody is left to get it is no error.
func SignalGroup(leader int, sig syscall.Signal) error {
	if err := syscall.Kill(-leader, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return os.NewSyscallError("kill", err)
	}
	return nil
}
