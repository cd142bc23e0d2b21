package child

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pipes returns a child's ends of its pipes, and closes whatever else the child
// has inherited of the parent's descriptors beyond the standard three. It is
// called once, in a process whose environment has the [Command]'s variable. The
// error is that the process has no such pipes, because somebody else has set
// the variable.
//
// Waiting for a request takes no thread. Processes that the child starts
// inherit neither pipe.
func Pipes() (requests, answers *os.File, err error) {
	// Somebody else's files may be open under these numbers.
	for _, fd := range []int{RequestsFD, AnswersFD} {
		var info syscall.Stat_t
		if err := syscall.Fstat(fd, &info); err != nil || info.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return nil, nil, errors.New("there is no pipe to a parent")
		}
		syscall.CloseOnExec(fd)
	}
	closeInherited()
	if err := syscall.SetNonblock(RequestsFD, true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(RequestsFD, "requests"), os.NewFile(AnswersFD, "answers"), nil
}

// closeInherited closes the descriptors beyond the pipes that somebody handed
// to the parent without the mark that closes them on exec, such as a pipe that
// somebody else waits on. What Go opens by itself carries the mark.
func closeInherited() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= AnswersFD {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
		}
	}
}
