package processes

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// emptyReads is how often an empty environment is read. While a process executes
// another program, its environment is empty for a moment. Some programs have an
// empty environment all the time.
const emptyReads = 3

// lookForMarks reads the process table and finds the processes whose environment
// has an entry that isMark accepts. It reads each environment directly after the
// process's entry: each process that exits in between costs another look.
func lookForMarks(isMark func(string) bool) (table, found []Process, missed bool, err error) {
	var unclear []Process
	visit := func(p Process) (gone bool) {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/environ")
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
			return true
		case err != nil: // a process of another user
		case len(env) > 0:
			if slices.ContainsFunc(strings.Split(string(env), "\x00"), isMark) {
				found = append(found, p)
			}
		case hasProgram(p.PID):
			unclear = append(unclear, p)
		default: // a kernel thread, or a zombie by now
			now, there := read(p.PID)
			return !there || now.Zombie != p.Zombie
		}
		return false
	}
	table, missed, err = look(visit)
	for range emptyReads - 1 {
		if len(unclear) == 0 {
			break
		}
		time.Sleep(time.Millisecond)
		again := unclear
		unclear = nil
		for _, p := range again {
			if visit(p) {
				missed = true
			}
		}
	}
	return table, found, missed, err
}

// hasProgram reports whether a process runs a program. Zombies and kernel threads
// don't.
func hasProgram(pid int) bool {
	_, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	return err == nil
}
