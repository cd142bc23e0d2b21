package sites

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeInherited closes what the child holds of its parent's descriptors
// beyond the pipes: those that somebody handed to the parent without the mark
// that closes them on exec. What Go opens by itself carries the mark.
func closeInherited() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= lastChildFD {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
		}
	}
}

// maxOpenFiles returns how many files this process may have open. Go raises
// the soft limit to the hard one by itself.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1 << 20
	}
	return int(min(uint64(limit.Cur), 1<<20))
}

func openFilesRemedy() string {
	limit := maxOpenFiles()
	return fmt.Sprintf("it may open %d files at once: set a higher limit, such as `ulimit -n %d`, before starting the program or JupyterLab", limit, max(2*limit, 16384))
}
