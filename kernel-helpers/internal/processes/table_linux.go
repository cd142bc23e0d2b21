package processes

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Adopt makes this process the parent of every descendant whose parent exits. A
// program that forks twice or starts a session then stays our descendant.
func Adopt() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// look reads the process table, which is one small file for each process. If visit
// isn't nil, look calls it for each process; it reports whether the process has
// exited. missed reports whether any process exited meanwhile.
func look(visit func(Process) (gone bool)) (table []Process, missed bool, err error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, false, err
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		p, there := read(pid)
		if there {
			table = append(table, p)
		}
		if !there || visit != nil && visit(p) {
			missed = true
		}
	}
	return table, missed, nil
}

// read reads the entry of one process. It returns false if there is none.
func read(pid int) (Process, bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}, false
	}
	return parseStat(pid, stat)
}

// parseStat parses /proc/PID/stat: "12 (name) S 1 …". The name may contain spaces
// and parentheses.
func parseStat(pid int, stat []byte) (Process, bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return Process{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return Process{}, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return Process{}, false
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return Process{}, false
	}
	state := fields[0][0]
	return Process{pid, parent, state == 'Z' || state == 'X', string(stat[open+1 : end]), Ticks(start)}, true
}

// Now returns the current time, or 0 if the process table doesn't contain start
// times. Linux reports hundredths of a second to programs, whatever its own clock
// tick is.
func Now() Ticks {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return Ticks(t.Nano() / 1e7)
}

// hasDeadChild reports whether a child is a zombie.
func hasDeadChild() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}
