package processes

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

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

// KillTree kills every process that descends from this one and that judge
// doesn't spare, again and again until none is left, as some may start others
// meanwhile. The dead that became our children are reaped. After two seconds
// with processes that don't die it gives up with an error that names one.
func KillTree(judge func(Process) Fate) error { return KillTreeOf(os.Getpid(), judge) }

// KillTreeOf is [KillTree] for what descends from another process, which is left
// alone. Its dead children stay in the process table until it waits for them.
func KillTreeOf(root int, judge func(Process) Fate) error {
	return hunt{
		look: func() (sight, error) {
			table, missed, err := look(nil)
			found := Below(table, root, judge)
			for _, p := range found {
				Reap(p)
			}
			return sight{table, found, missed}, err
		},
		kill: kill,
	}.run()
}

// KillMarked kills every process, but not this one, that was started with an
// entry NAME=VALUE in its environment that isMark accepts, whoever is its parent
// by now. It goes on until none is left, as [KillTree] does. Processes of other
// users are left alone. A look reads two small files for each process of the
// machine.
func KillMarked(isMark func(entry string) bool) error {
	self := os.Getpid()
	return hunt{
		look: func() (sight, error) {
			table, found, missed, err := lookForMarks(isMark)
			found = slices.DeleteFunc(found, func(p Process) bool { return p.PID == self })
			return sight{table, found, missed}, err
		},
		kill: kill,
	}.run()
}

func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// A hunt kills processes until none is left.
type hunt struct {
	look func() (sight, error)
	kill func(pid int) error
}

// A sight is what one look at the process table shows. The table isn't read at
// one moment.
type sight struct {
	table  []Process
	found  []Process // those to kill, and the dead among them
	missed bool      // a process has gone meanwhile, and may have left another that is in no place of the table
}

func (h hunt) run() error {
	deadline := time.Now().Add(killWithin)
	var dead map[int]bool // at the last look
	empty := 0
	for looks := 1; ; looks++ {
		late := looks > leastLooks && time.Now().After(deadline)
		seen, err := h.look()
		if err != nil {
			return fmt.Errorf("processes: look for processes: %w", err)
		}
		missed := seen.missed
		before := dead
		dead = map[int]bool{}
		for _, p := range seen.table {
			if p.Zombie {
				dead[p.PID] = true
				missed = missed || !before[p.PID] // what it did last we may not have seen
			}
		}
		alive := slices.DeleteFunc(seen.found, func(p Process) bool { return p.Zombie })
		if len(alive) > 0 {
			empty = 0
		} else if empty++; !missed || empty == emptyLooks {
			return nil
		}
		if late && len(alive) > 0 {
			return fmt.Errorf("processes: %d processes don't die, the first is %s (%d)", len(alive), alive[0].Name, alive[0].PID)
		}
		for _, p := range alive {
			if err := h.kill(p.PID); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("processes: kill %s (%d): %w", p.Name, p.PID, err)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}
