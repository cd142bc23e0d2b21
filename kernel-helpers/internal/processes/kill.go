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
	// killWithin is how long processes may take to die of SIGKILL. It counts only
	// after leastLooks looks, because on a busy machine time passes for us and for
	// them.
	killWithin = 2 * time.Second
	leastLooks = 100
	// emptyLooks is how many looks in a row must find no process if each of them
	// may have missed one. On a busy machine, processes exit all the time.
	emptyLooks = 10
)

// KillTree kills the descendants of this process that judge doesn't spare. It
// looks again until none is left, because they may start others meanwhile, and
// reaps those that became our children. After two seconds it gives up with an
// error that names a process that is still alive.
func KillTree(judge func(Process) Fate) error { return KillTreeOf(os.Getpid(), judge) }

// KillTreeOf is like [KillTree], for the descendants of another process. The
// process itself isn't killed. Its dead children stay in the process table until
// it waits for them.
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

// KillMarked kills every process except this one that was started with an
// environment in which isMark accepts an entry NAME=VALUE. Like [KillTree], it
// looks again until none is left. It can't see processes of other users. Each
// look reads two small files for each process of the machine.
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

// A sight is the result of one look at the process table.
type sight struct {
	table  []Process
	found  []Process // those to kill, including zombies
	missed bool      // a process exited meanwhile; the table may lack another that it started
}

func (h hunt) run() error {
	deadline := time.Now().Add(killWithin)
	var dead map[int]bool // zombies at the last look
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
				missed = missed || !before[p.PID] // it may have started another before it exited
			}
		}
		alive := slices.DeleteFunc(seen.found, func(p Process) bool { return p.Zombie })
		if len(alive) > 0 {
			empty = 0
		} else if empty++; !missed || empty == emptyLooks {
			return nil
		}
		if late && len(alive) > 0 {
			return fmt.Errorf("processes: %d processes are still alive, the first is %s (%d)", len(alive), alive[0].Name, alive[0].PID)
		}
		for _, p := range alive {
			if err := h.kill(p.PID); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("processes: kill %s (%d): %w", p.Name, p.PID, err)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}
