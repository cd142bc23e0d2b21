package processes

import (
	"fmt"
	"os"
	"syscall"
)

// Reap takes a dead process out of the process table, if it is our child.
func Reap(p Process) {
	if p.Zombie && p.Parent == os.Getpid() {
		syscall.Wait4(p.PID, nil, syscall.WNOHANG, nil) // somebody else may have been faster
	}
}

// ReapOrphans takes the dead that became our children, as [Adopt] makes them,
// out of the process table, except the one that somebody else waits for. It
// costs one system call when nobody is dead.
func ReapOrphans(awaited int) error {
	if !hasDeadChild() {
		return nil
	}
	table, err := Table()
	if err != nil {
		return fmt.Errorf("processes: look for dead processes: %w", err)
	}
	for _, p := range table {
		if p.PID != awaited {
			Reap(p)
		}
	}
	return nil
}
