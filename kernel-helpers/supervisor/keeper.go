package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// A kernel runs as two processes of one program. The keeper is what Jupyter
// starts; it starts the second, the supervisor proper, and waits for it. Each
// notices within milliseconds when the other is gone, be it by kill -9, and then
// takes down GoNB, all that cells started, and the kernel's files.

// keptEnv tells the second process that it is one. Its value is the folder that
// goes with the kernel.
const keptEnv = "SPEEDUP_KEPT"

// parentPoll is how often the keeper looks whether who started it still lives.
const parentPoll = 250 * time.Millisecond

// Kept reports whether this process is the second one.
func Kept() bool { return os.Getenv(keptEnv) != "" }

// Keep is the first process: it runs this program again with the same
// arguments, passes SIGINT and SIGTERM on, and cleans up when that ends or the
// parent does. It returns the exit status to end with.
func Keep(log *slog.Logger) (status int, err error) {
	if err := adopt(); err != nil {
		log.Warn("orphans of cells can get out of reach", "err", err)
	}
	self, err := os.Executable()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	dir, err := os.MkdirTemp(shortTemp(), "gk-") // with mode 0700
	if err != nil {
		return 1, fmt.Errorf("supervisor: make a folder for the kernel (TMPDIR says where): %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer func() { err = errors.Join(err, killBelow(func(process) bool { return false })) }()

	alive, hold, err := os.Pipe()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	defer hold.Close()
	kept := exec.Command(self, os.Args[1:]...)
	kept.Env = append(os.Environ(), keptEnv+"="+dir, "TMPDIR="+dir)
	kept.Stdout, kept.Stderr = os.Stdout, os.Stderr
	kept.ExtraFiles = []*os.File{alive} // ends when we do
	kept.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := kept.Start(); err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	alive.Close()
	ended := make(chan error, 1)
	go func() { ended <- kept.Wait() }() // ends with the process, for which we wait below
	err = watch(kept.Process, signals, ended)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	return 1, fmt.Errorf("supervisor: %w", err)
}

// watch passes signals on until the process has ended, and ends it when our
// parent is gone.
func watch(kept *os.Process, signals <-chan os.Signal, ended <-chan error) error {
	parent := os.Getppid()
	tick := time.NewTicker(parentPoll)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case sig := <-signals:
			kept.Signal(sig) // fails only when it has ended, which comes next
		case <-tick.C:
			if now := os.Getppid(); now != parent {
				kept.Signal(syscall.SIGTERM)
				parent = now
			}
		}
	}
}

// shortTemp is where temporary folders go. The paths of sockets below them are
// limited to about 100 bytes, and macOS's own folder is too long to begin with.
func shortTemp() string {
	if dir := os.TempDir(); len(dir) <= 24 {
		return dir
	}
	return "/tmp"
}

// RunKept is the second process: [Run] that also ends with the keeper, and on
// SIGTERM or SIGHUP; SIGINT interrupts the cell, as a terminal's Ctrl-C should.
func RunKept(o Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keeper := os.NewFile(3, "keeper")
	if keeper == nil {
		return errors.New("supervisor: the keeper's pipe is missing")
	}
	syscall.CloseOnExec(3)
	go func() { // ends with the keeper or the process, whichever is first
		io.Copy(io.Discard, keeper)
		cancel()
	}()
	dir := os.Getenv(keptEnv)
	os.Unsetenv(keptEnv) // what we start isn't kept by anybody but us
	err := Run(ctx, o)
	return errors.Join(err, os.RemoveAll(dir))
}
