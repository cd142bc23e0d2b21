package jupyter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processAttributes: a process group of its own, so that a signal reaches the
// kernel's children and Ctrl-C in our terminal doesn't reach the kernel; and an
// end with us, even if we are killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit returns when the process has ended, and leaves its entry in the
// process table.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// sweepTime is how long processes may take to die of SIGKILL.
const sweepTime = 2 * time.Second

// sweep kills every process that has marker ("NAME=value") in its environment:
// what a kernel started and what left its process group. It goes on until none
// is left, as they may start others meanwhile. A pass reads one small file for
// each process of the machine.
func sweep(marker string) error {
	entry := append([]byte(marker), 0)
	return sweepAll(func() ([]int, error) { return marked(entry) })
}

// sweepAll kills what look finds until it has found nobody in several passes in
// a row: a process that starts another and ends while a pass is under way hides
// both from it.
func sweepAll(look func() ([]int, error)) error {
	const enough = 2
	for deadline, quiet := time.Now().Add(sweepTime), 0; ; time.Sleep(time.Millisecond) {
		pids, err := look()
		if err != nil {
			return fmt.Errorf("look for processes of the kernel: %w", err)
		}
		if len(pids) == 0 {
			if quiet++; quiet == enough {
				return nil
			}
			continue
		}
		quiet = 0
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes of the kernel are still there: %v", pids)
		}
	}
}

// marked returns the processes whose environment holds entry. What can't be
// read is gone by now or another user's. A zombie's environment is empty, and
// for a moment that of a process that begins another program.
func marked(entry []byte) ([]int, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for look := range looks {
		if look > 0 {
			time.Sleep(time.Millisecond)
		}
		var unclear []string
		for _, name := range names {
			pid, err := strconv.Atoi(name)
			if err != nil || pid == os.Getpid() {
				continue
			}
			env, err := os.ReadFile("/proc/" + name + "/environ")
			if err != nil {
				continue
			}
			if bytes.HasPrefix(env, entry) || bytes.Contains(env, append([]byte{0}, entry...)) {
				pids = append(pids, pid)
			}
			if len(env) == 0 && hasProgram(name) {
				unclear = append(unclear, name)
			}
		}
		if names = unclear; len(names) == 0 {
			break
		}
	}
	return pids, nil
}

// looks is how often marked looks at processes with an empty environment: there
// are those that have none.
const looks = 3

// hasProgram reports whether a process runs a program: zombies and the kernel's
// own don't.
func hasProgram(pid string) bool {
	_, err := os.Readlink("/proc/" + pid + "/exe")
	return err == nil
}
