package procpool

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen makes a pipe hold a megabyte, which makes large values half as
// expensive. It is done in small pools only: the system allows each user 64 MB
// of such pipes.
func widen(pipes ...*os.File) {
	for _, pipe := range pipes {
		if conn, err := pipe.SyscallConn(); err == nil {
			_ = conn.Control(func(fd uintptr) {
				_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) // without it all works, too
			})
		}
	}
}
