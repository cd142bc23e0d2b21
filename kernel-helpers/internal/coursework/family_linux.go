package coursework

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// apart gives cmd a process group of its own, and has it end with this process.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endAll ends what is left of the group. In the sandbox the system has ended
// all when the first process of its pid namespace did.
func endAll(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// family returns the memory in use, in bytes, and the number of a process and
// its descendants.
func family(pid int) (memory, processes int) {
	todo := []int{pid}
	for len(todo) > 0 && processes <= mostProcesses {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		dir := filepath.Join("/proc", strconv.Itoa(p))
		statm, err := os.ReadFile(filepath.Join(dir, "statm"))
		if err != nil {
			continue
		}
		processes++
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			pages, _ := strconv.Atoi(fields[1])
			memory += pages * os.Getpagesize()
		}
		todo = append(todo, children(dir)...)
	}
	return memory, processes
}

// children lists the processes that the threads of a process have started.
func children(dir string) (pids []int) {
	lists, _ := filepath.Glob(filepath.Join(dir, "task", "*", "children"))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// quit asks a program to print where its goroutines are and to end. Where pid is
// bubblewrap, the program is the child of its child, and only that is asked.
func quit(pid int) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return
	}
	if strings.TrimSpace(string(name)) != "bwrap" {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
		return
	}
	for _, p := range children(dir) {
		quit(p)
	}
}
