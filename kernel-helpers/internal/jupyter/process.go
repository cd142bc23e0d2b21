package jupyter

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// markerOf returns the environment entry that every process of a kernel
// inherits. Its name is the kernel's own: a kernel that was started from within
// another one bears the marks of both.
func markerOf(id string) string { return "SPEEDUP_KERNEL_" + id + "=1" }

// process is the kernel's process and all that it started.
type process struct {
	cmd    *exec.Cmd
	marker string // as from markerOf

	exited chan struct{} // closed when the process is gone and its group killed
	state  string        // how it ended; to be read after exited
}

// startProcess starts cmd in a process group of its own.
func startProcess(cmd *exec.Cmd, marker string) (*process, error) {
	p := &process{cmd: cmd, marker: marker, exited: make(chan struct{})}
	cmd.SysProcAttr = processes.InGroup()
	started := make(chan error, 1)
	go func() { // ends with the kernel, whoever waits for exited waits for it
		// The signal that Linux sends when the parent dies comes when the
		// thread dies that started the child: this one stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		defer close(p.exited)
		// Before Wait, if possible, while the number can't be another process's.
		early := processes.AwaitExit(cmd.Process.Pid)
		if early {
			p.signal(syscall.SIGKILL)
		}
		err = cmd.Wait()
		if !early {
			p.signal(syscall.SIGKILL)
		}
		if cmd.ProcessState != nil {
			p.state = cmd.ProcessState.String()
		} else {
			p.state = err.Error()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// signal sends a signal to the kernel's process group. Nobody left to get it is
// no error.
func (p *process) signal(sig syscall.Signal) error {
	select {
	case <-p.exited: // the number may be another process's by now
		return nil
	default:
	}
	if err := processes.SignalGroup(p.cmd.Process.Pid, sig); err != nil {
		return fmt.Errorf("jupyter: signal the kernel: %w", err)
	}
	return nil
}

// sweep kills every process that bears the marker: what the kernel started and
// what left its process group.
func (p *process) sweep() error {
	return processes.KillMarked(func(entry string) bool { return entry == p.marker })
}
