package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/langserver"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

const (
	// parentPoll is how often the keeper checks that its parent lives.
	parentPoll = 250 * time.Millisecond
	// secondGrace is how long the second process may take to end after a signal. It
	// needs far less unless the machine is busy. Jupyter's server waits five seconds.
	secondGrace = 4 * time.Second
)

// keeper is the first process of a kernel.
type keeper struct {
	connectionFile string
	log            *slog.Logger
	began          time.Time
	parent         int // the process that it ends with, or 0
	home           *home
	claimed        *os.File // the connection file, locked
	signals        chan os.Signal
}

// keep is the first process. It starts the second one, passes signals on to it, and
// cleans up when that or our parent has ended. It returns the exit status for this
// process.
func keep(o Options) (status int, err error) {
	k := &keeper{connectionFile: o.ConnectionFile, log: o.Log, began: time.Now(), signals: make(chan os.Signal, 4)}
	if os.Getenv("JPY_PARENT_PID") != "" { // Jupyter doesn't set it for kernels that should outlive it
		k.parent = os.Getppid()
	}
	if o.Prepare != nil {
		if err := o.Prepare(context.Background()); err != nil { // a signal ends this process
			k.log.Warn("the first cells will be slower", "err", err)
		}
	}
	signal.Notify(k.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := processes.Adopt(); err != nil {
		k.log.Warn("orphans of cells can get out of reach", "err", err)
	}
	if k.claimed, err = claim(k.connectionFile, k.signals, k.log); err != nil {
		return 1, err
	}
	if err := clearAbandoned(); err != nil {
		k.log.Warn("clean up after kernels that were killed", "err", err)
	}
	if k.home, err = newHome(); err != nil {
		return 1, err
	}
	status, err = k.run()
	err = errors.Join(err, processes.KillTree(killAll), k.home.remove())
	return status, err
}

// run starts the second process and waits for it.
func (k *keeper) run() (status int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	alive, hold, err := os.Pipe()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	defer hold.Close()
	second := exec.Command(self, os.Args[1:]...)
	second.Env = append(os.Environ(), homeEnv+"="+k.home.path, langserver.FolderEnv+"="+langserver.Folder(), beganEnv+"="+k.began.Format(time.RFC3339Nano), "TMPDIR="+k.home.path)
	second.Stdout, second.Stderr = os.Stdout, os.Stderr
	// The first file is a pipe, which closes when we end. The others are locks, which
	// last until both processes are gone.
	second.ExtraFiles = []*os.File{alive, k.home.lock, k.claimed}
	second.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = second.Start()
	alive.Close()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- second.Wait() }() // watch waits for it
	err = k.watch(second.Process, ended)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	k.removeSockets() // it was killed before it could
	return 1, fmt.Errorf("supervisor: %w", err)
}

// watch passes signals on to the second process until that has ended, and ends it
// when our parent is gone.
func (k *keeper) watch(second *os.Process, ended <-chan error) error {
	tick := time.NewTicker(parentPoll)
	defer tick.Stop()
	var late <-chan time.Time
	tell := func(sig os.Signal) {
		second.Signal(sig) // fails only if it has ended, which we are about to learn
		if sig != os.Interrupt && late == nil {
			late = time.After(secondGrace)
		}
	}
	orphaned := false
	for {
		select {
		case err := <-ended:
			if orphaned {
				k.removeConnectionFile()
			}
			return err
		case sig := <-k.signals:
			tell(sig)
		case <-tick.C:
			if !orphaned && k.parent > 0 && os.Getppid() != k.parent {
				orphaned = true
				tell(syscall.SIGTERM)
			}
		case <-late:
			second.Kill()
		}
	}
}

// removeConnectionFile does what our parent would have done if it lived.
func (k *keeper) removeConnectionFile() {
	if err := os.Remove(k.connectionFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		k.log.Warn("remove the connection file", "err", err)
	}
}

// removeSockets removes the files of ipc sockets.
func (k *keeper) removeSockets() {
	c, err := jupyter.ReadConnection(k.connectionFile)
	if err != nil {
		return // so the second process didn't listen
	}
	for _, ch := range front.Channels {
		if network, path := c.Endpoint(ch); network == "unix" {
			os.Remove(path)
		}
	}
}
