package procpool

import (
	"os"
	"sync"
	"syscall"

	"example.com/speedup/kernel-helpers/base/child"
)

// A process is a worker's process, with the parent's ends of its pipes:
// commands go to its requests, results come as its answers.
type process struct {
	*child.Process
	name   string
	stdout *output
	stderr *output

	mu     sync.Mutex
	reaped bool   // its id may belong to another process now
	reason *crash // why it ended, if the pool knows more than the exit status; or nil

	printing  sync.WaitGroup
	lastWords string // set when printing is done
}

// startProcess starts this program again as a worker. If wide is set, it widens
// the worker's pipes.
func startProcess(name string, p *printer, wide bool) (*process, error) {
	started, err := child.Command{
		Variable: workerVariable,
		Args:     append([]string{"procpool-" + name}, os.Args[1:]...),
		Stdout:   true,
		// With its own process group, a worker ends together with the processes
		// started by its tasks, and an interrupt from the terminal reaches the
		// parent only.
		Group: true,
	}.Start()
	if err != nil {
		return nil, err
	}
	if wide {
		widen(started.Requests, started.Answers)
	}
	w := &process{Process: started, name: name,
		stdout: &output{file: started.Stdout}, stderr: &output{file: started.Stderr}}
	w.printing.Go(func() { p.copyLines(toStdout, name, w.stdout) })
	w.printing.Go(func() { w.lastWords = p.copyLines(toStderr, name, w.stderr) })
	return w, nil
}

// because records why the process ends. Only the first reason counts.
func (w *process) because(reason *crash) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reason == nil {
		w.reason = reason
	}
}

// kill kills the process and the processes started by its tasks.
func (w *process) kill(reason *crash) {
	w.because(reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.reaped {
		syscall.Kill(-w.Pid, syscall.SIGKILL)
	}
}

// wait kills whatever is left of a worker whose results have ended, and returns
// how the worker ended.
func (w *process) wait() *crash {
	w.Requests.Close()
	w.mu.Lock()
	syscall.Kill(-w.Pid, syscall.SIGKILL)
	err := w.Wait()
	w.reaped = true
	w.mu.Unlock()
	w.Answers.Close()
	w.stdout.end()
	w.stderr.end()
	w.printing.Wait()
	w.Stdout.Close()
	w.Stderr.Close()

	if w.reason != nil {
		return w.reason
	}
	cause := "exit status 0"
	if err != nil {
		cause = err.Error()
	}
	if w.lastWords != "" {
		cause += ": " + w.lastWords
	}
	return &crash{cause: cause}
}
