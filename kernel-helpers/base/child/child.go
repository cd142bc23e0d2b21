// Package child starts the running program again as a child process that has
// two pipes to its parent: one for requests, one for answers. So a package gets
// a process of its own without a second program to build.
//
// The parent calls [Command.Start]. In the child, which knows itself by an
// environment variable, the package calls [Pipes] while it is initialised, and
// ends the process there, so that main never runs in it.
//
// The pipe of requests also tells the child how long to live: it closes when
// the parent ends, however the parent ends, and then the child should end too.
package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// The child's descriptors besides the standard three.
const (
	RequestsFD = 3
	AnswersFD  = 4
)

// A Command says how a child is started.
type Command struct {
	Variable string   // set to 1 in the child's environment
	Args     []string // the child's arguments, beginning with the name that lists of processes show
	Stdout   bool     // give the parent a pipe of the child's standard output, which is the null device otherwise
	Group    bool     // put the child into a process group of its own
}

// A Process is a child and the parent's ends of its pipes. Whoever starts it
// closes the ends, and calls Wait.
type Process struct {
	*os.Process // for its number, and to send it signals

	Requests *os.File // to the child
	Answers  *os.File // from the child
	Stdout   *os.File // nil unless Command.Stdout was set
	Stderr   *os.File

	cmd *exec.Cmd
}

// Start starts the running program again. The child's standard input is the
// null device. It has no descriptor of the parent's but those of its pipes once
// it has called [Pipes].
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
		// The race detector would keep a program that ends for a second.
		"GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	if c.Stdout {
		p.cmd.Stdout = stdout // not a nil *os.File, which isn't a nil io.Writer
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

// Wait waits until the child has ended, and returns how it ended if that wasn't
// with status 0. It leaves the pipes open: what the child wrote can still be
// read. A program that waits for all its children, whichever they are, takes
// the status away; then Wait returns nil.
func (p *Process) Wait() error {
	if err := p.cmd.Wait(); !errors.Is(err, syscall.ECHILD) {
		return err
	}
	return nil
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

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
