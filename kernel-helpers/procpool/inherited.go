package procpool

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// closeInherited closes what a worker holds of its parent's descriptors beyond
// its pipes: those that somebody handed to the parent without the mark that
// closes them on exec, such as a pipe that somebody else waits on. What Go
// opens by itself carries the mark.
func closeInherited() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= resultsFD {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
		}
	}
}
