package processes

import (
	"fmt"
	"os"
	"syscall"
)

// reap takes a dead process out of the process table, if it is our child.
func reap(p Process, self int) {
	if p.Parent == self {
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
	self := os.Getpid()
	for _, p := range table {
		if p.Zombie && p.PID != awaited {
			reap(p, self)
		}
	}
	return nil
}
