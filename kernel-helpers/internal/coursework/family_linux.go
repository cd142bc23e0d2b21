package coursework

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// apart gives cmd a process group of its own, and has it end with this process.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = processes.InGroup()
	cmd.Cancel = func() error { return processes.SignalGroup(cmd.Process.Pid, syscall.SIGKILL) }
}

// endAll ends what is left of the group. In the sandbox the system has ended
// all when the first process of its pid namespace did.
func endAll(cmd *exec.Cmd) { _ = processes.SignalGroup(cmd.Process.Pid, syscall.SIGKILL) }

// family returns the memory in use, in bytes, and the number of a process and
// its descendants.
func family(pid int) (memory, number int) { return processes.Usage(pid, mostProcesses) }

// quit asks a program to print where its goroutines are and to end. Where pid is
// bubblewrap, the program is the child of its child, and only that is asked.
func quit(pid int) {
	name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	if err != nil {
		return
	}
	if strings.TrimSpace(string(name)) != "bwrap" {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
		return
	}
	for _, child := range processes.Children(pid) {
		quit(child)
	}
}
