package coursework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoSandbox says that answers can't be run apart from the rest of the
// machine.
var ErrNoSandbox = errors.New("no sandbox")

// sandbox starts programs apart from the rest of the machine, with bubblewrap:
// no network, no other processes in sight, only the system's libraries and what
// is named to be read, nothing to be written but a private /tmp and what is
// named. Limits hold with and without it.
type sandbox struct {
	bwrap string // "" is no sandbox
	self  string // this program's file

	// as is who runs answers where the grader is root, for whom the system
	// doesn't limit the number of processes.
	as   *syscall.Credential
	base string // where programs are built; "" is the usual folder for temporary files
}

// standBack looks for a folder in which nobody can be given a program to run.
// Without one, answers run as root in its sandbox, where the grader alone counts
// processes.
func (s *sandbox) standBack(ctx context.Context) {
	as := &syscall.Credential{Uid: nobody, Gid: nobody}
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		dir, err := privateFolder(base)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, s.bwrap, append(s.walls(reach{read: []string{dir}}), "--", "/bin/sh", "-c", "exit 0")...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		cmd.Dir = "/"
		err = errors.Join(os.Chmod(dir, passable), cmd.Run(), os.Remove(dir))
		if err == nil {
			s.as, s.base = as, base
			return
		}
	}
}

// passable folders can't be listed by others, who can reach what they know the
// name of.
const passable = 0o711

// nobody is the user of that name on Linux.
const nobody = 65534

// newSandbox looks for a sandbox that works. Without one it fails, unless unsafe
// says that the machine's own walls are enough.
func newSandbox(ctx context.Context, unsafe bool) (*sandbox, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	s := &sandbox{self: self}
	if unsafe {
		return s, nil
	}
	const remedy = "or grade with --unsafe-no-sandbox on a machine that holds nothing else"
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("coursework: %w: bubblewrap needs Linux: grade in a Linux container or virtual machine, %s", ErrNoSandbox, remedy)
	}
	if s.bwrap, err = exec.LookPath("bwrap"); err != nil {
		return nil, fmt.Errorf("coursework: %w: bubblewrap (bwrap) is missing: install it (Debian and Ubuntu: apt-get install bubblewrap), %s", ErrNoSandbox, remedy)
	}
	cmd := exec.CommandContext(ctx, s.bwrap, append(s.walls(reach{}), "--", "/bin/sh", "-c", "exit 0")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("coursework: %w: bubblewrap doesn't work here (%v: %s): allow unprivileged user namespaces, %s", ErrNoSandbox, err, strings.TrimSpace(string(out)), remedy)
	}
	if os.Geteuid() == 0 {
		s.standBack(ctx)
	}
	return s, nil
}

// reach is what a program in the sandbox has of the machine's files.
type reach struct {
	read  []string // paths to read
	write []string // folders to write
}

// systemFolders hold the libraries that programs are linked with.
var systemFolders = []string{"/usr", "/bin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/nix/store", "/gnu/store"}

func (s *sandbox) walls(p reach) []string {
	args := []string{"--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
		"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var/tmp", "--chdir", "/tmp", "--hostname", "sandbox"}
	for _, f := range systemFolders {
		args = append(args, "--ro-bind-try", f, f)
	}
	for _, f := range p.read {
		args = append(args, "--ro-bind", f, f)
	}
	for _, f := range p.write {
		args = append(args, "--bind", f, f)
	}
	return args
}

// launch says how a program is started in the sandbox.
type launch struct {
	reach  reach
	self   string              // a file of this program, which sets the limits
	as     *syscall.Credential // who runs it, if not this user
	limits limits
	env    []string
	report bool     // a verdict.Start is written when the sandbox stands
	argv   []string // none is this program, which carries out a compileOrder
}

// command makes the command.
func (s *sandbox) command(ctx context.Context, l launch) (*exec.Cmd, error) {
	order, err := json.Marshal(childOrder{Limits: l.limits, Compile: len(l.argv) == 0, Report: l.report})
	if err != nil {
		return nil, err
	}
	env := append([]string{"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", childEnv + "=" + string(order)}, l.env...)
	var cmd *exec.Cmd
	if s.bwrap == "" {
		cmd = exec.CommandContext(ctx, l.self, l.argv...)
		cmd.Env = env
		cmd.Dir = os.TempDir()
	} else {
		l.reach.read = append([]string{l.self}, l.reach.read...)
		args := s.walls(l.reach)
		for _, e := range env {
			name, value, _ := strings.Cut(e, "=")
			args = append(args, "--setenv", name, value)
		}
		args = append(append(args, "--", l.self), l.argv...)
		cmd = exec.CommandContext(ctx, s.bwrap, args...)
		cmd.Env = []string{}
	}
	apart(cmd)
	if l.as != nil {
		cmd.SysProcAttr.Credential = l.as
		cmd.Dir = "/"
	}
	cmd.WaitDelay = s.lingering()
	return cmd, nil
}

// lingering is how long pipes are read on after a program's end. With a sandbox
// all their writers end with it: this long, they are read to their end on the
// busiest machine. Without one, something that a program left behind may hold
// them for ever.
func (s *sandbox) lingering() time.Duration {
	if s.bwrap == "" {
		return 2 * time.Second
	}
	return time.Minute
}

// stopReason is why a program was ended from outside.
type stopReason string

const (
	overTime      stopReason = "time"
	overMemory    stopReason = "memory"
	overProcesses stopReason = "processes"
	overOutput    stopReason = "output"
)

// watched is a program under way whose memory and processes are looked at, as
// the race detector leaves no use for the system's own limit of memory.
type watched struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	mu     sync.Mutex
	reason stopReason
	done   chan struct{}
	wg     sync.WaitGroup
}

const (
	lookEvery     = 25 * time.Millisecond
	mostMemory    = 1 << 30 // bytes resident, of a test program and its processes
	mostProcesses = 64
)

// newWatched is for a command that was made with cancel's context.
func newWatched(cmd *exec.Cmd, cancel context.CancelFunc) *watched {
	return &watched{cmd: cmd, cancel: cancel, done: make(chan struct{})}
}

// start starts the command and looks after it.
func (w *watched) start() error {
	if err := w.cmd.Start(); err != nil {
		w.cancel()
		return err
	}
	w.wg.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-tick.C:
			}
			memory, processes := family(w.cmd.Process.Pid)
			switch {
			case memory > mostMemory:
				w.stop(overMemory)
			case processes > mostProcesses:
				w.stop(overProcesses)
			}
		}
	})
	return nil
}

// because keeps a reason why the program ends; the first one stays.
func (w *watched) because(reason stopReason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reason == "" {
		w.reason = reason
	}
}

// stop ends the program for a reason.
func (w *watched) stop(reason stopReason) {
	w.because(reason)
	w.cancel()
}

func (w *watched) stopped() stopReason {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reason
}

// wait waits for the end of the program and of all that it started.
func (w *watched) wait() error {
	err := w.cmd.Wait()
	close(w.done)
	w.wg.Wait()
	endAll(w.cmd)
	w.cancel()
	return err
}

// bounded keeps the first bytes written to it, and calls full when more come.
type bounded struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	most int
	full func()
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if room := b.most - b.buf.Len(); len(p) > room {
		b.buf.Write(p[:max(room, 0)])
		if !b.over && b.full != nil {
			b.full()
		}
		b.over = true
	} else {
		b.buf.Write(p)
	}
	return len(p), nil
}

func (b *bounded) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// privateFolder makes a folder in base that only this user can look into.
func privateFolder(base string) (string, error) {
	dir, err := os.MkdirTemp(base, "coursework-")
	if err != nil {
		return "", fmt.Errorf("coursework: %w: free some space, or set TMPDIR to a folder with space", err)
	}
	return filepath.EvalSymlinks(dir)
}
