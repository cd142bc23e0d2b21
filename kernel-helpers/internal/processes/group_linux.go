package processes

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// InGroup returns the attributes of a process that leads its own process group. A
// signal to the group reaches its children too, and Ctrl-C in our terminal
// doesn't reach it. On Linux the process is also killed when the thread that
// started it exits, so it ends with this program. A caller whose thread may exit
// earlier should use [runtime.LockOSThread].
func InGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// AwaitExit waits until a child has exited, without reaping it: its PID isn't
// reused before Wait is called. If the system doesn't support that, AwaitExit
// returns false at once.
func AwaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}
