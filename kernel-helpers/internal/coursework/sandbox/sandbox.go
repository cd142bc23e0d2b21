package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ErrNoSandbox is wrapped by the errors of [New] on a machine that can't run
// programs apart from the rest of it.
var ErrNoSandbox = errors.New("no sandbox")

// Sandbox starts programs. It is safe for concurrent use.
type Sandbox struct {
	RetryDelays []time.Duration // the pauses before further attempts to set up the sandbox; see [Retry]

	bwrap string // "" means no bubblewrap
	self  string // this program's file

	// nobody runs untrusted programs if this process is root, for whom the
	// kernel doesn't limit the number of processes. It is nil elsewhere.
	nobody *syscall.Credential
	base   string // where workspaces are made; "" is the usual folder for temporary files
}

// New returns a sandbox that works on this machine.
func New(ctx context.Context) (*Sandbox, error) {
	s, err := None()
	if err != nil {
		return nil, err
	}
	const remedy = "or grade with --unsafe-no-sandbox on a machine that holds nothing else"
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("%w: bubblewrap needs Linux: grade in a Linux container or virtual machine, %s", ErrNoSandbox, remedy)
	}
	if s.bwrap, err = exec.LookPath("bwrap"); err != nil {
		return nil, fmt.Errorf("%w: bubblewrap (bwrap) is missing: install it (Debian and Ubuntu: apt-get install bubblewrap), %s", ErrNoSandbox, remedy)
	}
	if out, err := exec.CommandContext(ctx, s.bwrap, s.trial()...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: bubblewrap doesn't work here (%v: %s): allow unprivileged user namespaces, %s", ErrNoSandbox, err, strings.TrimSpace(string(out)), remedy)
	}
	if os.Geteuid() == 0 {
		s.dropRoot(ctx)
	}
	return s, nil
}

// defaultDelays let a machine that is short of processes or memory recover.
var defaultDelays = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// None returns a sandbox that enforces limits and nothing else.
func None() (*Sandbox, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return &Sandbox{self: self, RetryDelays: defaultDelays}, nil
}

// nobodyID is the user nobody on Linux.
const nobodyID = 65534

// dropRoot looks for a folder from which the user nobody can run programs. If
// there is none, untrusted programs run as root inside the sandbox, and only
// MaxProcesses limits their number.
func (s *Sandbox) dropRoot(ctx context.Context) {
	nobody := &syscall.Credential{Uid: nobodyID, Gid: nobodyID}
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		dir, err := privateFolder(base)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, s.bwrap, s.trial(dir)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
		cmd.Dir = "/"
		err = errors.Join(os.Chmod(dir, passable), cmd.Run(), os.Remove(dir))
		if err == nil {
			s.nobody, s.base = nobody, base
			return
		}
	}
}

// passable is the mode of folders that others can't list, though they can reach
// files whose names they know.
const passable = 0o711

// trial returns bubblewrap's arguments for a program that does nothing.
func (s *Sandbox) trial(read ...string) []string {
	return append(s.walls(read, nil), "--", "/bin/sh", "-c", "exit 0")
}

// systemFolders hold the libraries that programs are linked with.
var systemFolders = []string{"/usr", "/bin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/nix/store", "/gnu/store"}

// walls returns bubblewrap's options for a program that may read and write these
// paths.
func (s *Sandbox) walls(read, write []string) []string {
	args := []string{"--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
		"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var/tmp", "--chdir", "/tmp", "--hostname", "sandbox"}
	for _, f := range systemFolders {
		args = append(args, "--ro-bind-try", f, f)
	}
	for _, f := range read {
		args = append(args, "--ro-bind", f, f)
	}
	for _, f := range write {
		args = append(args, "--bind", f, f)
	}
	return args
}

// PipeDelay returns how long to keep reading a program's pipes after it exits.
// With bubblewrap all writers die with it, so a minute is ample even on a busy
// machine. Without, a process that it left behind may hold them for ever.
func (s *Sandbox) PipeDelay() time.Duration {
	if s.bwrap == "" {
		return 2 * time.Second
	}
	return time.Minute
}

// privateFolder makes a folder in base that only this user can enter.
func privateFolder(base string) (string, error) {
	dir, err := os.MkdirTemp(base, workspaces)
	if err != nil {
		return "", fmt.Errorf("make a workspace: %w: free some space, or set TMPDIR to a folder with space", err)
	}
	return filepath.EvalSymlinks(dir)
}
