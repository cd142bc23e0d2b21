package processes

import (
	"errors"
	"os"
	"syscall"
)

// SignalGroup sends a signal to a process group, given its leader. It returns nil
// if the group has no process any more.
func SignalGroup(leader int, sig syscall.Signal) error {
	if err := syscall.Kill(-leader, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return os.NewSyscallError("kill", err)
	}
	return nil
}
