// Package processes finds processes and kills trees of processes. It also finds
// descendants that fork twice, start a session or start other processes while
// they are being killed.
//
// All functions work on Linux. On other systems the process table is read with
// ps(1), a program that forks twice is out of reach because [Adopt] does nothing,
// and [KillMarked] finds no processes because environments can't be read.
package processes

// A Process is an entry of the system's process table.
type Process struct {
	PID, Parent int
	Zombie      bool   // it has exited, and its parent hasn't waited for it
	Name        string // name of the program, cut to 15 bytes on Linux
	Start       Ticks  // 0 if the system doesn't provide it
}

// Ticks is a point in time in the process table: hundredths of a second since the
// system started.
type Ticks uint64

// A Fate says what happens to a process when a tree is killed.
type Fate int

// The fates.
const (
	Kill      Fate = iota
	Spare          // spare the process, but judge its descendants
	SpareTree      // spare the process and its descendants
)

// KillAll returns Kill for every process.
func KillAll(Process) Fate { return Kill }

// Table reads the process table. Reading takes time, so the result may lack
// processes that were started meanwhile.
func Table() ([]Process, error) {
	table, _, err := look(nil)
	return table, err
}

// Below returns the descendants of root in table that judge doesn't spare,
// parents before their children.
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
