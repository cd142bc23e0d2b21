package supervisor

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// process is one entry of the system's process table.
type process struct {
	pid, parent int
	zombie      bool
	name        string // of its program, cut to 15 bytes by Linux
}

// below returns the processes of table that descend from root, parents before
// their children. Those for which spare is true are left out; their children
// are not, unless they are spared themselves.
func below(table []process, root int, spare func(process) bool) (found []process) {
	children := map[int][]process{}
	for _, p := range table {
		children[p.parent] = append(children[p.parent], p)
	}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			queue = append(queue, p.pid)
			if !spare(p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// killWithin is how long processes may take to die of SIGKILL.
const killWithin = 2 * time.Second

// killBelow kills every process that descends from this one and is not spared,
// again and again until none is left: some may start others meanwhile. The dead
// that became our children are reaped.
func killBelow(spare func(process) bool) error {
	self := os.Getpid()
	for deadline := time.Now().Add(killWithin); ; time.Sleep(2 * time.Millisecond) {
		table, err := processes()
		if err != nil {
			return fmt.Errorf("supervisor: look for processes: %w", err)
		}
		alive := below(table, self, spare)
		for _, p := range alive {
			if p.zombie {
				reap(p, self)
			}
		}
		alive = slices.DeleteFunc(alive, func(p process) bool { return p.zombie })
		if len(alive) == 0 {
			return nil
		}
		for _, p := range alive {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("supervisor: kill %s (%d): %w", p.name, p.pid, err)
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("supervisor: %d processes don't die, the first is %s (%d)", len(alive), alive[0].name, alive[0].pid)
		}
	}
}

// reap takes a dead process out of the process table, if it is our child.
func reap(p process, self int) {
	if p.parent == self {
		syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil) // somebody else may have been faster
	}
}
