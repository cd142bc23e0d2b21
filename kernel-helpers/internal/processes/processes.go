// Package processes finds processes, and ends trees of them: all that a program
// has started, however it hid, and however busy the machine is.
//
// On Linux all of it works. Elsewhere processes are found by ps(1), a program
// that forks twice gets out of reach ([Adopt] does nothing), and environments
// can't be read ([KillMarked] finds nobody).
package processes

// A Process is one entry of the system's process table.
type Process struct {
	PID, Parent int
	Zombie      bool   // it has ended, and its parent hasn't waited for it
	Name        string // of its program, cut to 15 bytes by Linux
	Start       Ticks  // 0 where the system doesn't say
}

// Ticks is a point in time as the process table has it: hundredths of a second
// since the system started.
type Ticks uint64

// A Fate is what becomes of a process when a tree is killed.
type Fate int

// The fates.
const (
	Kill      Fate = iota
	Spare          // but not what it started
	SpareTree      // with all that it started
)

// KillAll is the judge that spares no process.
func KillAll(Process) Fate { return Kill }

// Table reads the process table. It isn't read at one moment, so it can lack a
// process that was started meanwhile.
func Table() ([]Process, error) {
	table, _, err := look(nil)
	return table, err
}

// Below returns the processes of a table that descend from root and that judge
// would kill, parents before their children.
func Below(table []Process, root int, judge func(Process) Fate) (found []Process) {
	children := map[int][]Process{}
	for _, p := range table {
		children[p.Parent] = append(children[p.Parent], p)
	}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			switch judge(p) {
			case Kill:
				found = append(found, p)
				queue = append(queue, p.PID)
			case Spare:
				queue = append(queue, p.PID)
			case SpareTree:
			}
		}
	}
	return found
}
