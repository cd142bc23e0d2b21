package supervisor

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of every descendant whose own parent
// ends. So a program of a cell can't get out of reach by forking twice or
// starting a session: it stays below us.
func adopt() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

// look reads the process table: one small file for each process. Missed says that
// one ended meanwhile.
func look() (table []process, missed bool, err error) {
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
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			missed = true
			continue
		}
		if p, ok := parseStat(pid, stat); ok {
			table = append(table, p)
		}
	}
	return table, missed, nil
}

// parseStat reads /proc/PID/stat: "12 (name) S 1 …". The name may hold spaces
// and parentheses.
func parseStat(pid int, stat []byte) (process, bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return process{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return process{}, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return process{}, false
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return process{}, false
	}
	state := fields[0][0]
	return process{pid, parent, state == 'Z' || state == 'X', string(stat[open+1 : end]), ticks(start)}, true
}

// now is the present in ticks. Linux counts them as hundredths of a second for
// programs, whatever its own clock does.
func now() ticks {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return ticks(t.Nano() / 1e7)
}

// hasDeadChild reports whether a child is dead that nobody has waited for.
func hasDeadChild() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// killInhabitants kills the processes whose TMPDIR is in a kernel's folder.
func killInhabitants(dir string) error {
	mark := []byte("\x00TMPDIR=" + dir + "/")
	return hunt{
		look: look,
		prey: func(table []process) (found []process, missed bool) {
			for _, p := range table {
				env, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/environ")
				switch {
				case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ESRCH):
					missed = true
				case err == nil && bytes.Contains(append([]byte{0}, env...), mark): // else it's another user's, or not from there
					found = append(found, p)
				}
			}
			return found, missed
		},
		kill: func(pid int) error { return unix.Kill(pid, unix.SIGKILL) },
	}.run()
}
