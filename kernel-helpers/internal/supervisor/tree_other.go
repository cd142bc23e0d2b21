//go:build !linux

package supervisor

import (
	"os/exec"
	"strconv"
	"strings"
)

// adopt does nothing: only Linux hands orphans to an ancestor. A program that
// forks twice gets out of reach here.
func adopt() error { return nil }

// look reads the process table from ps(1), as POSIX has it.
func look() (table []process, missed bool, err error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,state=,comm=").Output()
	if err != nil {
		return nil, false, err
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		pid, err1 := strconv.Atoi(f[0])
		parent, err2 := strconv.Atoi(f[1])
		if err1 == nil && err2 == nil {
			name := f[3]
			if i := strings.LastIndexByte(name, '/'); i >= 0 {
				name = name[i+1:]
			}
			table = append(table, process{pid: pid, parent: parent, zombie: strings.HasPrefix(f[2], "Z"), name: name})
		}
	}
	return table, false, nil
}

// now is unknown: ps(1) gives the start of a process in seconds.
func now() ticks { return 0 }

// hasDeadChild: orphans don't become our children here.
func hasDeadChild() bool { return false }

// killInhabitants does nothing: other processes' environments can't be read
// here.
func killInhabitants(string) error { return nil }
