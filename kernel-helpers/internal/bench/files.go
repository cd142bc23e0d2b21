package bench

import (
	"fmt"
	"syscall"
)

// tooManyFiles says why so many open files can't be had, or "". The Go runtime
// has raised this program's soft limit to the hard one already, and does so in
// the Go children; the Python ones raise their own.
func tooManyFiles(need int) string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return "" // unknown: let the run find out
	}
	if uint64(need) <= limit.Cur {
		return ""
	}
	return fmt.Sprintf("needs %d open files, the limit here is %d (raise the hard limit: ulimit -Hn %d)", need, limit.Cur, need)
}
