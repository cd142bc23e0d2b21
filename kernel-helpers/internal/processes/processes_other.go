//go:build !linux

package processes

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Adopt does nothing: only Linux can give orphans to an ancestor. A program that
// forks twice is out of reach here.
func Adopt() error { return nil }

// look reads the process table from ps(1), with the options of POSIX.
func look(func(Process) bool) (table []Process, missed bool, err error) {
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
			table = append(table, Process{PID: pid, Parent: parent, Zombie: strings.HasPrefix(f[2], "Z"), Name: name})
		}
	}
	return table, false, nil
}

// Now returns 0, because ps(1) prints the start of a process in seconds.
func Now() Ticks { return 0 }

// hasDeadChild returns false: orphans don't become our children here.
func hasDeadChild() bool { return false }

// lookForMarks finds no process: environments can't be read here.
func lookForMarks(func(string) bool) (table, found []Process, missed bool, err error) {
	return nil, nil, false, nil
}

// InGroup returns the attributes of a process that leads its own process group. A
// signal to the group reaches its children too, and Ctrl-C in our terminal
// doesn't reach it.
func InGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// AwaitExit returns false: it is implemented on Linux only.
func AwaitExit(int) bool { return false }

// Usage returns zeros: it is implemented on Linux only.
func Usage(pid, most int) (memory, processes int) { return 0, 0 }

// Family returns nil: it is implemented on Linux only.
func Family(pid, most int) []int { return nil }

// Children returns nil: it is implemented on Linux only.
func Children(int) []int { return nil }
