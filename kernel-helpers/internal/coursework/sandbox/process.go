package sandbox

import (
	"context"
	"os/exec"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/base/schedstat"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// The limits of a process and its descendants that are enforced from outside:
// the race detector leaves no use for the operating system's limit of memory.
const (
	MaxMemory    = 1 << 30 // bytes resident
	MaxProcesses = 64
)

// watchInterval is how often a process is measured.
const watchInterval = 25 * time.Millisecond

// StopReason says why a process was stopped from outside.
type StopReason string

// The reasons to stop a process.
const (
	OverTime      StopReason = "time"
	OverBudget    StopReason = "budget"
	OverMemory    StopReason = "memory"
	OverProcesses StopReason = "processes"
	OverOutput    StopReason = "output"
)

// Process is a program that a [Workspace] prepared. Between Start and Wait its
// memory and processes are measured, and it is killed when they exceed the
// limits.
type Process struct {
	Cmd *exec.Cmd // set Stdin, Stdout, Stderr and ExtraFiles before Start

	cancel context.CancelFunc
	mu     sync.Mutex
	reason StopReason
	done   chan struct{}
	wg     sync.WaitGroup
}

// newProcess wraps a command that was made with cancel's context.
func newProcess(cmd *exec.Cmd, cancel context.CancelFunc) *Process {
	return &Process{Cmd: cmd, cancel: cancel, done: make(chan struct{})}
}

// Start starts the program. After Start without an error, call Wait.
func (p *Process) Start() error {
	if err := p.Cmd.Start(); err != nil {
		p.cancel()
		return err
	}
	p.wg.Go(p.watch)
	return nil
}

func (p *Process) watch() {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		memory, processes := processes.Usage(p.Cmd.Process.Pid, MaxProcesses)
		switch {
		case memory > MaxMemory:
			p.Stop(OverMemory)
		case processes > MaxProcesses:
			p.Stop(OverProcesses)
		}
	}
}

// Times returns how long the program and what it started have run and stood in a
// queue.
func (p *Process) Times() schedstat.Times {
	return schedstat.Of(processes.Family(p.Cmd.Process.Pid, MaxProcesses)...)
}

// Stop kills the program and everything that it started. It doesn't wait.
func (p *Process) Stop(reason StopReason) {
	p.record(reason)
	p.cancel()
}

// Quit asks the program to print where its goroutines are and to exit. It kills
// the program if it hasn't exited after grace, and returns when it has exited or
// is killed.
func (p *Process) Quit(reason StopReason, grace time.Duration) {
	p.record(reason)
	quitProgram(p.Cmd.Process.Pid)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Stop(reason)
	}
}

// record keeps the first reason.
func (p *Process) record(reason StopReason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason == "" {
		p.reason = reason
	}
}

// Stopped returns why the program was stopped, or "" if it wasn't.
func (p *Process) Stopped() StopReason {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// Wait waits until the program has exited and kills what it left behind.
func (p *Process) Wait() error {
	err := p.Cmd.Wait()
	close(p.done)
	p.wg.Wait()
	_ = killFamily(p.Cmd) // usually nothing is left
	p.cancel()
	return err
}
