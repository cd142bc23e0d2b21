package jupyter

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// markerOf returns the environment entry that all processes of a kernel
// inherit. Its name is unique to the kernel, so that a kernel started from
// within another one has the markers of both.
func markerOf(id string) string { return "SPEEDUP_KERNEL_" + id + "=1" }

// A process is the kernel's process with everything that it started.
type process struct {
	cmd    *exec.Cmd
	marker string // from markerOf

	exited chan struct{} // closed when the process has ended and its group was killed
	state  string        // how it ended; read it after exited is closed
}

// startProcess starts cmd in its own process group.
func startProcess(cmd *exec.Cmd, marker string) (*process, error) {
	p := &process{cmd: cmd, marker: marker, exited: make(chan struct{})}
	cmd.SysProcAttr = processes.InGroup()
	started := make(chan error, 1)
	go func() { // ends with the kernel; receiving from exited waits for it
		// Linux sends the parent-death signal when the thread that started the
		// child ends, so this goroutine keeps its thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		defer close(p.exited)
		// Kill the group before Wait if possible, while its id can't be reused.
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

// signal sends a signal to the kernel's process group. It is not an error if
// the group has ended.
func (p *process) signal(sig syscall.Signal) error {
	select {
	case <-p.exited: // the id may belong to another process now
		return nil
	default:
	}
	if err := processes.SignalGroup(p.cmd.Process.Pid, sig); err != nil {
		return fmt.Errorf("jupyter: signal the kernel: %w", err)
	}
	return nil
}

// sweep kills every process that has the marker, which finds all processes started
// by the kernel, including those that left its process group.
func (p *process) sweep() error {
	return processes.KillMarked(func(entry string) bool { return entry == p.marker })
}
