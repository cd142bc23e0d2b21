package processes

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// InGroup returns the attributes of a process that is to lead a process group,
// so that a signal reaches its children as well and Ctrl-C in our terminal
// doesn't reach it. On Linux it is killed when the thread that starts it ends,
// as all do when we are killed: a goroutine that goes on for long after the
// start should lock its thread.
func InGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// AwaitExit returns when a child has ended, and leaves its entry in the process
// table: until somebody waits for it, its number is no other process's. It
// reports false, and returns at once, where the system can't do that.
func AwaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}
