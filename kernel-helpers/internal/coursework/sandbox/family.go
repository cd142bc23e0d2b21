package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// isolate gives cmd a process group of its own. The end of cmd's context kills
// the group.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = processes.InGroup()
	cmd.Cancel = func() error { return killFamily(cmd) }
}

// killFamily kills what is left of cmd's process group. With bubblewrap, the
// kernel kills everything when the first process of the pid namespace dies.
func killFamily(cmd *exec.Cmd) error {
	return processes.SignalGroup(cmd.Process.Pid, syscall.SIGKILL)
}

// quitProgram sends SIGQUIT to a program, at which Go prints its goroutines and
// exits. If pid is bubblewrap, the program is its grandchild, and only the
// grandchild gets the signal.
func quitProgram(pid int) {
	name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	if errors.Is(err, fs.ErrNotExist) && runtime.GOOS == "linux" {
		return // it has exited
	}
	if strings.TrimSpace(string(name)) != "bwrap" {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
		return
	}
	for _, child := range processes.Children(pid) {
		quitProgram(child)
	}
}
