package procpool

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen makes pipes hold a megabyte, which halves the cost of large values. It
// is used in small pools only, because Linux allows each user 64 MB in such
// pipes.
func widen(pipes ...*os.File) {
	for _, pipe := range pipes {
		if conn, err := pipe.SyscallConn(); err == nil {
			_ = conn.Control(func(fd uintptr) {
				_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) // optional
			})
		}
	}
}
