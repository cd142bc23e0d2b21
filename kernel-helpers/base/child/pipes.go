package child

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pipes returns the child's ends of its pipes and closes all other descriptors
// that the child has inherited, except the standard three. It must be called
// once, in a process that has the [Command]'s variable in its environment. It
// returns an error if the process has no such pipes, which means that the
// variable was set by another program.
//
// A read from the pipe of requests doesn't block a thread. Processes that the
// child starts don't inherit the pipes.
func Pipes() (requests, answers *os.File, err error) {
	// Other files may be open under these numbers.
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

// closeInherited closes the descriptors above the pipes that aren't marked
// close-on-exec, such as a pipe that the parent inherited and another program
// reads. Go marks every file that it opens.
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
