package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/base/tempdir"
)

// Workspace is a private folder in which programs are built, and from which they
// are run.
type Workspace struct {
	Dir     string
	Sandbox *Sandbox

	lock *os.File // says that the workspace is in use
}

// NewWorkspace makes a workspace. Call Remove when it is no longer needed. Workspaces
// of processes that were killed are removed.
func (s *Sandbox) NewWorkspace() (*Workspace, error) {
	removeLeftovers(cmp.Or(s.base, os.TempDir()))
	dir, err := privateFolder(s.base)
	if err != nil {
		return nil, err
	}
	lock, _ := tempdir.Lock(dir) // where there are no locks, nobody removes what is left
	return &Workspace{Dir: dir, Sandbox: s, lock: lock}, nil
}

// Remove removes the workspace with all that is in it.
func (w *Workspace) Remove() error {
	defer w.lock.Close()
	return os.RemoveAll(w.Dir)
}

// Command says how a program is started in the sandbox.
type Command struct {
	Argv      []string // the program and its arguments; none if Task is set
	Task      string   // the task of [Main] to carry out
	Read      []string // paths that the program may read, besides the system's libraries
	Write     []string // folders that it may write
	Env       []string // NAME=VALUE, besides PATH, HOME and TMPDIR
	Limits    Limits
	Untrusted bool   // run it as the user nobody if this process is root; see [Workspace.Publish]
	Ready     string // written to the first of Cmd.ExtraFiles once the sandbox is set up
}

// Prepare makes a process that runs a command. The end of ctx kills it.
func (w *Workspace) Prepare(ctx context.Context, c Command) (*Process, error) {
	order, err := json.Marshal(childOrder{Limits: c.Limits, Ready: c.Ready, Task: c.Task})
	if err != nil {
		return nil, fmt.Errorf("prepare a program: %w", err)
	}
	s := w.Sandbox
	self := s.self
	if c.Untrusted {
		self = w.publicSelf()
	}
	env := append([]string{"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", childEnv + "=" + string(order)}, c.Env...)
	ctx, cancel := context.WithCancel(ctx)
	var cmd *exec.Cmd
	if s.bwrap == "" {
		cmd = exec.CommandContext(ctx, self, c.Argv...)
		cmd.Env = env
		cmd.Dir = os.TempDir()
	} else {
		args := s.walls(append([]string{self}, c.Read...), c.Write)
		for _, e := range env {
			name, value, _ := strings.Cut(e, "=")
			args = append(args, "--setenv", name, value)
		}
		args = append(append(args, "--", self), c.Argv...)
		cmd = exec.CommandContext(ctx, s.bwrap, args...)
		cmd.Env = []string{}
	}
	isolate(cmd)
	if c.Untrusted && s.nobody != nil {
		cmd.SysProcAttr.Credential = s.nobody
		cmd.Dir = "/"
	}
	cmd.WaitDelay = s.PipeDelay()
	return newProcess(cmd, cancel), nil
}

// Publish lets untrusted programs reach files in the folder dir of the workspace
// and this program's own file. They can't list folders, so they reach only names
// that they get as arguments.
func (w *Workspace) Publish(dir string) error {
	if w.Sandbox.nobody == nil {
		return nil
	}
	for _, d := range []string{w.Dir, dir} {
		if err := os.Chmod(d, passable); err != nil {
			return fmt.Errorf("let nobody run programs: %w", err)
		}
	}
	self, public := w.Sandbox.self, w.publicSelf()
	info, err := os.Stat(self)
	if err != nil {
		return fmt.Errorf("let nobody run programs: %w", err)
	}
	if _, err := os.Stat(public); err == nil || info.Mode()&0o005 == 0o005 && os.Link(self, public) == nil {
		return nil
	}
	text, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(public, text, 0o755)
	}
	if err != nil {
		return fmt.Errorf("let nobody run programs: %w", err)
	}
	return nil
}

// publicSelf returns a file of this program that untrusted programs can reach.
func (w *Workspace) publicSelf() string {
	if w.Sandbox.nobody == nil {
		return w.Sandbox.self
	}
	return filepath.Join(w.Dir, ".self")
}
