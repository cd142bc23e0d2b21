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
	start       ticks  // 0 where the system doesn't say
}

// ticks is a point in time as the process table has it: hundredths of a second
// since the system started.
type ticks uint64

// mercy is what is done with a process that descends from ours.
type mercy int

const (
	kill     mercy = iota
	spare          // but not what it started
	spareAll       // with all that it started
)

func spareNobody(process) mercy { return kill }

// spareKernel spares GoNB, the language server that GoNB starts, and whatever
// was there before began: a server that an earlier cell left in the background is
// not the present cell's. Began is 0 if there is no such time.
func spareKernel(gonb int, began ticks) func(process) mercy {
	return func(p process) mercy {
		switch {
		case p.pid == gonb:
			return spare
		case p.parent == gonb && p.name == "gopls":
			return spareAll
		case p.start > 0 && p.start < began:
			return spareAll
		}
		return kill
	}
}

// below returns the processes of table that descend from root and are not
// spared, parents before their children.
func below(table []process, root int, judge func(process) mercy) (found []process) {
	children := map[int][]process{}
	for _, p := range table {
		children[p.parent] = append(children[p.parent], p)
	}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			switch judge(p) {
			case kill:
				found = append(found, p)
				queue = append(queue, p.pid)
			case spare:
				queue = append(queue, p.pid)
			case spareAll:
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
func killBelow(judge func(process) mercy) error {
	self := os.Getpid()
	for deadline := time.Now().Add(killWithin); ; time.Sleep(2 * time.Millisecond) {
		table, err := processes()
		if err != nil {
			return fmt.Errorf("supervisor: look for processes: %w", err)
		}
		alive := below(table, self, judge)
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

// reapOrphans takes the dead that became our children out of the process table,
// except the one that somebody else waits for. It costs one system call when
// nobody is dead.
func reapOrphans(awaited int) error {
	if !hasDeadChild() {
		return nil
	}
	table, err := processes()
	if err != nil {
		return fmt.Errorf("supervisor: look for dead processes: %w", err)
	}
	self := os.Getpid()
	for _, p := range table {
		if p.zombie && p.pid != awaited {
			reap(p, self)
		}
	}
	return nil
}
