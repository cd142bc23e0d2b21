package processes

import (
	"fmt"
	"os"
	"syscall"
)

// Reap removes a zombie from the process table if it is our child.
func Reap(p Process) {
	if p.Zombie && p.Parent == os.Getpid() {
		syscall.Wait4(p.PID, nil, syscall.WNOHANG, nil) // an error means that it has been reaped already
	}
}

// ReapOrphans reaps the zombies among our children, except the one that the
// caller waits for. After [Adopt], orphans are our children. If there is no
// zombie, the cost is one system call.
func ReapOrphans(awaited int) error {
	if !hasDeadChild() {
		return nil
	}
	table, err := Table()
	if err != nil {
		return fmt.Errorf("processes: look for zombies: %w", err)
	}
	for _, p := range table {
		if p.PID != awaited {
			Reap(p)
		}
	}
	return nil
}
