package sandbox

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Limits are enforced by the operating system (setrlimit). Zero means no limit.
type Limits struct {
	CPU       uint64 // seconds of processor time
	Memory    uint64 // bytes of address space; useless under the race detector, which maps terabytes
	Processes uint64 // processes and threads of the user in the sandbox; root has no such limit
	FileSize  uint64 // bytes of each file written
	Files     uint64 // files open at once
	Nice      int    // how far to yield to other processes, up to 19
}

// set applies the limits to this process and its descendants.
func (l Limits) set() error {
	for _, r := range []struct {
		name     string
		resource int
		value    uint64
	}{
		{"processor time", unix.RLIMIT_CPU, l.CPU},
		{"memory", unix.RLIMIT_AS, l.Memory},
		{"processes", unix.RLIMIT_NPROC, l.Processes},
		{"file size", unix.RLIMIT_FSIZE, l.FileSize},
		{"files", unix.RLIMIT_NOFILE, l.Files},
	} {
		if r.value == 0 {
			continue
		}
		limit := unix.Rlimit{Cur: r.value, Max: r.value}
		if err := unix.Setrlimit(r.resource, &limit); err != nil {
			return fmt.Errorf("limit the %s: %w", r.name, err)
		}
	}
	if l.Nice > 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, l.Nice); err != nil {
			return fmt.Errorf("lower the priority: %w", err)
		}
	}
	none := unix.Rlimit{}
	return unix.Setrlimit(unix.RLIMIT_CORE, &none)
}
