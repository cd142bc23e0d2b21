// Package schedstat measures how long processes could have run and got no processor.
// A limit of time that leaves this out doesn't depend on how busy the machine is.
package schedstat

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Times are totals over the threads of processes.
type Times struct {
	Ran    time.Duration // on a processor
	Waited time.Duration // ready to run, while the processors did something else
}

// Of returns the times of processes. It returns zeros for those that have ended, and
// on systems that don't keep account; Linux does.
func Of(pids ...int) (sum Times) {
	for _, pid := range pids {
		files, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
		for _, file := range files {
			text, err := os.ReadFile(file) // fails for a thread that has just ended
			if err != nil {
				continue
			}
			sum.add(string(text))
		}
	}
	return sum
}

// add adds a thread's times: nanoseconds that it ran, nanoseconds that it waited, and
// how often it ran.
func (t *Times) add(line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return
	}
	ran, _ := strconv.ParseInt(fields[0], 10, 64)
	waited, _ := strconv.ParseInt(fields[1], 10, 64)
	t.Ran += time.Duration(ran)
	t.Waited += time.Duration(waited)
}

// mostLost is how much of the time may be lost, as a divisor of what is left: at
// least a tenth always counts, so that a limit ends some time.
const mostLost = 10

// Own returns how much of wall, in which a program's times grew from before to after,
// the program had for itself: wall without the time in which it was ready and stood
// in a queue. A program that sleeps, or is blocked for ever, has all of wall. One that
// runs has at least the time that it ran, up to wall.
func Own(wall time.Duration, before, after Times) time.Duration {
	lost := min(after.Waited-before.Waited, wall-(after.Ran-before.Ran))
	return max(wall-max(lost, 0), wall/mostLost)
}
