// Package child starts the running program again as a child process with two
// pipes to its parent: one for requests and one for answers. A package can use
// it to run code in another process without building a second program.
//
// The parent calls [Command.Start]. The child recognizes itself by an
// environment variable. In the child, the package calls [Pipes] during package
// initialization and exits there, so that main never runs.
//
// The child should exit when the pipe of requests closes. It closes when the
// parent exits, for whatever reason.
package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// These are the child's file descriptors in addition to the standard three.
const (
	RequestsFD = 3
	AnswersFD  = 4
)

// A Command describes how to start a child.
type Command struct {
	Variable string   // environment variable that is set to 1 in the child
	Args     []string // arguments of the child; the first is its name in process lists
	Stdout   bool     // connect standard output to a pipe instead of the null device
	Group    bool     // start the child in its own process group
}

// A Process is a child and the parent's ends of its pipes. The parent must close
// the ends and call Wait.
type Process struct {
	*os.Process // for its PID and for signals

	Requests *os.File // what the parent writes
	Answers  *os.File // what the child writes
	Stdout   *os.File // nil unless Command.Stdout was set
	Stderr   *os.File

	cmd *exec.Cmd
}

// Start starts the running program again. The child's standard input is the
// null device.
func (c Command) Start() (_ *Process, err error) {
	var ours, theirs []*os.File
	defer func() {
		if err != nil {
			closeAll(ours)
		}
		closeAll(theirs)
	}()
	pipe := func(childReads bool) (our, their *os.File) {
		if err != nil {
			return nil, nil
		}
		var r, w *os.File
		if r, w, err = os.Pipe(); err != nil {
			return nil, nil
		}
		our, their = r, w
		if childReads {
			our, their = w, r
		}
		ours, theirs = append(ours, our), append(theirs, their)
		return our, their
	}
	p := new(Process)
	var requests, answers, stdout, stderr *os.File
	p.Requests, requests = pipe(true)
	p.Answers, answers = pipe(false)
	p.Stderr, stderr = pipe(false)
	if c.Stdout {
		p.Stdout, stdout = pipe(false)
	}
	if err != nil {
		return nil, err
	}
	path, err := program()
	if err != nil {
		return nil, err
	}

	p.cmd = exec.Command(path)
	p.cmd.Args = c.Args
	p.cmd.Env = append(os.Environ(), c.Variable+"=1",
		// By default, a program with the race detector sleeps for a second when
		// it exits.
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	if c.Stdout {
		p.cmd.Stdout = stdout // only if set: a nil *os.File is not a nil io.Writer
	}
	p.cmd.Stderr = stderr
	p.cmd.ExtraFiles = []*os.File{requests, answers} // RequestsFD, AnswersFD
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: c.Group}
	if err = p.cmd.Start(); err != nil {
		return nil, err
	}
	p.Process = p.cmd.Process
	return p, nil
}

// Wait waits for the child to exit. It returns nil if the exit status is 0, and
// otherwise an [*exec.ExitError]. It doesn't close the pipes, so what the child
// wrote can still be read. If the program has waited for all its children in
// another way, the status is lost and Wait returns nil.
func (p *Process) Wait() error {
	if err := p.cmd.Wait(); !errors.Is(err, syscall.ECHILD) {
		return err
	}
	return nil
}

// program returns a path of the running program. On Linux the path stays valid
// when the file is replaced or removed, as `go run` and notebook kernels may do.
func program() (string, error) {
	if runtime.GOOS == "linux" {
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	return os.Executable()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
