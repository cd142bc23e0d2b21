package sites

import (
	"fmt"
	"syscall"
)

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
