package hub

import (
	"fmt"
	"os/user"
	"strconv"

	"github.com/prometheus/procfs"
)

// Memory is what the processes of users take on this machine. Pages that several
// processes share are divided among them.
type Memory struct {
	Bytes     uint64
	Users     int // who have processes here
	Processes int
}

// String says how much each user takes.
func (m Memory) String() string {
	if m.Users == 0 {
		return "unknown: the users have no processes on this machine, or their memory may not be read"
	}
	return fmt.Sprintf("%d MB, %d MB for each user in %.1f processes", m.Bytes>>20, m.Bytes>>20/uint64(m.Users), float64(m.Processes)/float64(m.Users))
}

// memoryOf adds up the memory of the users' processes. A process that ends meanwhile,
// or that may not be looked at, is left out.
func memoryOf(names []string) (m Memory) {
	ids := map[uint64]bool{}
	for _, name := range names {
		if u, err := user.Lookup(name); err == nil {
			if id, err := strconv.ParseUint(u.Uid, 10, 64); err == nil {
				ids[id] = true
			}
		}
	}
	all, err := procfs.AllProcs()
	if err != nil {
		return Memory{}
	}
	seen := map[uint64]bool{}
	for _, p := range all {
		status, err := p.NewStatus()
		if err != nil || !ids[status.UIDs[0]] {
			continue
		}
		maps, err := p.ProcSMapsRollup()
		if err != nil {
			continue
		}
		m.Bytes += maps.Pss
		m.Processes++
		seen[status.UIDs[0]] = true
	}
	m.Users = len(seen)
	return m
}
