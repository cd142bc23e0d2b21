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

	"golang.org/x/sys/unix"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// A kernel runs as two processes of one program. The keeper is what Jupyter
// starts; it starts the second, the supervisor proper, and waits for it. Each
// notices within milliseconds when the other is gone, be it by kill -9, and then
// takes down GoNB, all that cells started, and the kernel's files.

// giveUpEnv says after how long an interrupted cell that doesn't end costs GoNB
// its life, as time.ParseDuration reads it. On a machine that does much else,
// GoNB may take longer than a person would want to wait.
const giveUpEnv = "SPEEDUP_GIVE_UP_AFTER"

const (
	// parentPoll is how often the keeper looks whether who started it still lives.
	parentPoll = 250 * time.Millisecond
	// keptGrace is how long the second process may take to end when it's told to:
	// what it needs is far less, but not on a machine that does much else. Jupyter's
	// server waits for five seconds.
	keptGrace = 4 * time.Second
)

// keeper is the first process.
type keeper struct {
	connectionFile string
	log            *slog.Logger
	parent         int // who started it, and with whom it ends; or 0
	home           *home
	claimed        *os.File // the connection file, locked
	signals        chan os.Signal
}

// Keep is the first process of the kernel of a connection file: it runs this
// program again with the same arguments, passes SIGINT and SIGTERM on, and cleans
// up when that ends or the parent does. It returns the exit status to end with.
func Keep(connectionFile string, log *slog.Logger) (status int, err error) {
	k := &keeper{connectionFile: connectionFile, log: log, signals: make(chan os.Signal, 4)}
	if os.Getenv("JPY_PARENT_PID") != "" { // Jupyter leaves it out for a kernel that is to outlive it
		k.parent = os.Getppid()
	}
	surviveBrokenPipes()
	signal.Notify(k.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := adopt(); err != nil {
		log.Warn("orphans of cells can get out of reach", "err", err)
	}
	if k.claimed, err = claim(connectionFile, k.signals, log); err != nil {
		return 1, err
	}
	defer k.claimed.Close()
	if err := clearAbandoned(); err != nil {
		log.Warn("clear up after kernels that were killed", "err", err)
	}
	if k.home, err = newHome(); err != nil {
		return 1, err
	}
	status, err = k.run()
	err = errors.Join(err, killBelow(spareNobody), k.home.remove())
	return status, err
}

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
	kept := exec.Command(self, os.Args[1:]...)
	kept.Env = append(os.Environ(), keptEnv+"="+k.home.path, "TMPDIR="+k.home.path)
	kept.Stdout, kept.Stderr = os.Stdout, os.Stderr
	// The first ends when we do. The others are locks, which last until both
	// processes are gone.
	kept.ExtraFiles = []*os.File{alive, k.home.lock, k.claimed}
	kept.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = kept.Start()
	alive.Close()
	if err != nil {
		return 1, fmt.Errorf("supervisor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- kept.Wait() }() // ends with the process, for which we wait below
	err = k.watch(kept.Process, ended)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	}
	k.removeSockets() // it had no time to
	return 1, fmt.Errorf("supervisor: %w", err)
}

// watch passes signals on until the process has ended, and ends it when our
// parent is gone.
func (k *keeper) watch(kept *os.Process, ended <-chan error) error {
	tick := time.NewTicker(parentPoll)
	defer tick.Stop()
	var late <-chan time.Time
	tell := func(sig os.Signal) {
		kept.Signal(sig) // fails only when it has ended, which comes next
		if sig != os.Interrupt && late == nil {
			late = time.After(keptGrace)
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
			kept.Kill()
		}
	}
}

// removeConnectionFile takes away what our parent would have, had it lived.
func (k *keeper) removeConnectionFile() {
	if err := os.Remove(k.connectionFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		k.log.Warn("remove the connection file", "err", err)
	}
}

// removeSockets takes away the files of ipc sockets.
func (k *keeper) removeSockets() {
	c, err := jupyter.ReadConnection(k.connectionFile)
	if err != nil {
		return // then nobody listened
	}
	for _, ch := range channels {
		if network, path := c.Endpoint(ch); network == "unix" {
			os.Remove(path)
		}
	}
}

// surviveBrokenPipes keeps this process alive when it writes to a standard
// error that nobody reads any more; its last duties come after that. Programs
// that it starts have the usual handling: a handler isn't inherited as an ignored
// signal would be.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// RunKept is the second process: it supervises one kernel until a client asks
// it to shut down, the keeper is gone, or SIGTERM or SIGHUP comes. SIGINT
// interrupts the cell at work. When it returns, GoNB, everything that it started,
// and every file are gone.
func RunKept(o Options) error {
	surviveBrokenPipes()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	keeper := inherited(3, "keeper")
	lock := inherited(4, "lock")
	defer lock.Close()
	claimed := inherited(5, "connection file")
	defer claimed.Close()
	var lost context.CancelFunc
	o.kept, lost = context.WithCancel(context.Background())
	defer lost()
	go func() { // ends with the keeper or the process, whichever is first
		io.Copy(io.Discard, keeper)
		lost()
	}()
	o.orphaned = func() bool { return closed(keeper) }
	o.home = os.Getenv(keptEnv)
	os.Unsetenv(keptEnv) // what we start isn't kept by anybody but us
	o.giveUpAfter = giveUpAfter
	if said := os.Getenv(giveUpEnv); said != "" {
		var err error
		if o.giveUpAfter, err = time.ParseDuration(said); err != nil {
			return fmt.Errorf("supervisor: %s: %w", giveUpEnv, err)
		}
	}
	err := run(ctx, o)
	return errors.Join(err, (&home{path: o.home}).remove())
}

// closed reports whether the other end of a pipe is closed. It doesn't wait.
func closed(pipe *os.File) bool {
	poll := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n == 1 && poll[0].Revents&unix.POLLHUP != 0
}

// inherited is a file that the keeper gave us. What we start doesn't get it.
func inherited(fd uintptr, name string) *os.File {
	syscall.CloseOnExec(int(fd))
	return os.NewFile(fd, name)
}
