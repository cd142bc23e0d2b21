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

const (
	// killWithin is how long processes may take to die of SIGKILL, and leastLooks
	// how often we look before that counts: a machine that does much else lets
	// time pass for them and for us alike.
	killWithin = 2 * time.Second
	leastLooks = 100
	// emptyLooks is how many looks in a row have to find nobody when each may have
	// missed somebody. On a busy machine there is always a process that ends.
	emptyLooks = 10
)

// killBelow kills every process that descends from this one and is not spared,
// again and again until none is left: some may start others meanwhile. The dead
// that became our children are reaped.
func killBelow(judge func(process) mercy) error { return killBelowProcess(os.Getpid(), judge) }

// killBelowProcess does the same for another process, whose dead children it
// can't reap.
func killBelowProcess(root int, judge func(process) mercy) error {
	self := os.Getpid()
	return hunt{
		look: look,
		prey: func(table []process) ([]process, bool) {
			found := below(table, root, judge)
			for _, p := range found {
				if p.zombie {
					reap(p, self)
				}
			}
			return found, false
		},
		kill: func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
	}.run()
}

// hunt kills processes until none is left.
type hunt struct {
	// look reads the process table. It isn't read at one moment: a process that is
	// seen to have gone meanwhile may have left another that is in no place of it.
	look func() (table []process, missed bool, err error)
	prey func(table []process) (found []process, missed bool)
	kill func(pid int) error
}

func (h hunt) run() error {
	deadline := time.Now().Add(killWithin)
	var dead map[int]bool // at the last look
	empty := 0
	for looks := 1; ; looks++ {
		late := looks > leastLooks && time.Now().After(deadline)
		table, missed, err := h.look()
		if err != nil {
			return fmt.Errorf("supervisor: look for processes: %w", err)
		}
		found, gone := h.prey(table)
		missed = missed || gone
		before := dead
		dead = map[int]bool{}
		for _, p := range table {
			if p.zombie {
				dead[p.pid] = true
				missed = missed || !before[p.pid] // what it did last we may not have seen
			}
		}
		alive := slices.DeleteFunc(found, func(p process) bool { return p.zombie })
		if len(alive) > 0 {
			empty = 0
		} else if empty++; !missed || empty == emptyLooks {
			return nil
		}
		if late && len(alive) > 0 {
			return fmt.Errorf("supervisor: %d processes don't die, the first is %s (%d)", len(alive), alive[0].name, alive[0].pid)
		}
		for _, p := range alive {
			if err := h.kill(p.pid); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("supervisor: kill %s (%d): %w", p.name, p.pid, err)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// reap takes a dead process out of the process table, if it is our child.
func reap(p process, self int) {
	if p.parent == self {
		syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil) // somebody else may have been faster
	}
}

// processes reads the process table.
func processes() ([]process, error) {
	table, _, err := look()
	return table, err
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
