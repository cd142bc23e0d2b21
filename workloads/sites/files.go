package sites

import (
	"fmt"
	"syscall"
)

// maxOpenFiles returns how many files this process may open. Go raises the soft
// limit to the hard limit by itself.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1 << 20
	}
	return int(min(uint64(limit.Cur), 1<<20))
}

func openFilesRemedy() string {
	limit := maxOpenFiles()
	return fmt.Sprintf("the limit is %d open files: raise it, for example with `ulimit -n %d`, before you start the program or JupyterLab", limit, max(2*limit, 16384))
}
