package procpool

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// A process is a worker's process, with the parent's ends of its pipes.
type process struct {
	name     string
	cmd      *exec.Cmd
	commands *os.File
	results  *os.File
	stdout   *output
	stderr   *output

	mu     sync.Mutex
	ended  bool   // waited for: its number may belong to another process
	reason *crash // why it ends, where the pool knows better than the exit status

	printing  sync.WaitGroup
	lastWords string // after printing
}

// startProcess starts this program again as a worker, with wide pipes if they
// may cost something.
func startProcess(name string, p *printer, wide bool) (_ *process, err error) {
	var pipes []*os.File
	defer func() {
		if err != nil {
			for _, f := range pipes {
				f.Close()
			}
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			if r, w, err = os.Pipe(); err == nil {
				pipes = append(pipes, r, w)
			}
		}
		return r, w
	}
	commands, commandsEnd := pipe()
	resultsEnd, results := pipe()
	stdoutEnd, stdout := pipe()
	stderrEnd, stderr := pipe()
	if err != nil {
		return nil, err
	}
	if wide {
		widen(commands, results)
	}
	path, err := program()
	if err != nil {
		return nil, err
	}

	cmd := exec.Command(path)
	cmd.Args = append([]string{"procpool-" + name}, os.Args[1:]...)
	cmd.Env = append(os.Environ(), workerVariable+"=1",
		// The race detector would keep a program that ends for a second.
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = stdout, stderr // standard input is the null device
	cmd.ExtraFiles = []*os.File{commands, results}
	// A group of its own: what a task starts ends with the worker, and an
	// interrupt from the terminal reaches the parent alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	for _, f := range []*os.File{commands, results, stdout, stderr} {
		f.Close()
	}
	w := &process{name: name, cmd: cmd, commands: commandsEnd, results: resultsEnd,
		stdout: &output{file: stdoutEnd}, stderr: &output{file: stderrEnd}}
	w.printing.Go(func() { p.copyLines(toStdout, name, w.stdout) })
	w.printing.Go(func() { w.lastWords = p.copyLines(toStderr, name, w.stderr) })
	return w, nil
}

// program returns a path of the running program. On Linux it is one that
// stays right when the file is replaced or removed, as `go run` and notebook
// kernels may do.
func program() (string, error) {
	if runtime.GOOS == "linux" {
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	return os.Executable()
}

// because notes why the process ends. Only the first reason counts.
func (w *process) because(reason *crash) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reason == nil {
		w.reason = reason
	}
}

// kill kills the process and those that its tasks have started.
func (w *process) kill(reason *crash) {
	w.because(reason)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// wait ends whatever is left of a worker whose results have ended, and returns
// how it ended.
func (w *process) wait() *crash {
	w.commands.Close()
	w.mu.Lock()
	syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	err := w.cmd.Wait()
	w.ended = true
	w.mu.Unlock()
	w.results.Close()
	w.stdout.end()
	w.stderr.end()
	w.printing.Wait()
	w.stdout.file.Close()
	w.stderr.file.Close()

	var parts []string
	if w.reason != nil {
		return w.reason
	}
	switch exit := (*exec.ExitError)(nil); {
	case err == nil, errors.Is(err, syscall.ECHILD): // the program waited for all its children
		parts = append(parts, "exit status 0")
	case errors.As(err, &exit):
		parts = append(parts, exit.Error())
	default:
		parts = append(parts, fmt.Sprint(err))
	}
	if w.lastWords != "" {
		parts = append(parts, w.lastWords)
	}
	return &crash{cause: strings.Join(parts, ": ")}
}
