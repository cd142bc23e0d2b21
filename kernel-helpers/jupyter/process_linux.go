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
	for deadline := time.Now().Add(sweepTime); ; time.Sleep(time.Millisecond) {
		pids, err := marked(entry)
		if err != nil {
			return fmt.Errorf("look for processes of the kernel: %w", err)
		}
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes of the kernel are still there: %v", pids)
		}
	}
}

// marked returns the processes whose environment holds entry. What can't be
// read is gone by now or another user's; a zombie's environment is empty.
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
	}
	return pids, nil
}
