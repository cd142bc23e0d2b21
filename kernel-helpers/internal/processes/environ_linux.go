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

// emptyReads is how often an empty environment is read. For a moment that of a
// process which begins another program is empty, too; and there are programs
// that have none.
const emptyReads = 3

// lookForMarks reads the process table, and returns also those of its processes
// whose environment has an entry that isMark accepts. An environment is read at
// once after the process's entry: the less time passes, the fewer processes end
// meanwhile, for each of which there must be another look.
func lookForMarks(isMark func(string) bool) (table, found []Process, missed bool, err error) {
	var unclear []Process
	visit := func(p Process) (gone bool) {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/environ")
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
			return true
		case err != nil: // another user's
		case len(env) > 0:
			if slices.ContainsFunc(strings.Split(string(env), "\x00"), isMark) {
				found = append(found, p)
			}
		case hasProgram(p.PID):
			unclear = append(unclear, p)
		default: // one of the system's own, or a zombie by now
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

// hasProgram reports whether a process runs a program: zombies and the system's
// own don't.
func hasProgram(pid int) bool {
	_, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	return err == nil
}
