package bench

import (
	"fmt"
	"syscall"
)

// tooManyFiles returns why this number of open files isn't available, or "".
// The Go runtime has already raised this program's soft limit to the hard
// limit, and does so in Go children. The Python sides raise their own.
func tooManyFiles(need int) string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return "" // unknown; the run will show
	}
	if uint64(need) <= limit.Cur {
		return ""
	}
	return fmt.Sprintf("needs %d open files, the limit here is %d (raise the hard limit: ulimit -Hn %d)", need, limit.Cur, need)
}
