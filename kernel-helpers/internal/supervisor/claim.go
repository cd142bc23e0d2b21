package supervisor

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/processes"
)

const (
	// predecessorGrace is how long the second process of a kernel whose keeper was
	// killed may take to clean up. After that its successor kills it.
	predecessorGrace = 2 * time.Second
	// claimWithin is how long a kernel waits for its predecessor to be gone before
	// it gives up. Jupyter waits 60 s for a kernel to start.
	claimWithin = 20 * time.Second
	// claimPoll is how often the kernel tries to get the lock.
	claimPoll = 2 * time.Millisecond
)

// claim locks the connection file. Both processes of a kernel hold the lock until
// they exit. Jupyter starts the next kernel of the same file as soon as the keeper
// is gone. The lock makes that kernel wait for the second process, which may still
// listen on the file's five addresses.
//
// The lock is on the file itself, so it leaves no other file behind. A process that
// holds it after [predecessorGrace] is killed with everything that it started,
// unless its keeper lives: then two kernels were started with one file.
//
// A signal other than SIGINT ends the wait with an error.
func claim(connectionFile string, signals <-chan os.Signal, log *slog.Logger) (*os.File, error) {
	file, err := openToLock(connectionFile)
	if err != nil {
		return nil, fmt.Errorf("supervisor: open the connection file: %w", err)
	}
	if err := lock(file, signals, log); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// openToLock opens a file so that it can be locked. NFS locks only files that are
// open for writing.
func openToLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		file, err = os.Open(path)
	}
	return file, err
}

// lock takes the lock on a connection file.
func lock(file *os.File, signals <-chan os.Signal, log *slog.Logger) error {
	began := time.Now()
	tick := time.NewTicker(claimPoll)
	defer tick.Stop()
	killed := false
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			// Some network file systems have no locks. The kernel starts without one, and
			// depends on the ports being free in time.
			log.Warn("the connection file can't be locked", "file", file.Name(), "err", err)
			return nil
		}
		if !killed && time.Since(began) > predecessorGrace {
			killed = true
			if err := killPredecessor(file, log); err != nil {
				return err
			}
		}
		if time.Since(began) > claimWithin {
			return fmt.Errorf("supervisor: the kernel before this one still has the connection file %s locked after %v: end the gonb-kernel processes that use it, then start the kernel again", file.Name(), claimWithin)
		}
		select {
		case <-tick.C:
		case sig := <-signals:
			if sig != os.Interrupt {
				return fmt.Errorf("supervisor: %v while waiting for the kernel before this one to end", sig)
			}
		}
	}
}

// killPredecessor kills the second process of a kernel whose keeper is gone, with
// everything that it started.
func killPredecessor(file *os.File, log *slog.Logger) error {
	pids, err := lockHolders(file)
	if err != nil {
		return fmt.Errorf("supervisor: look for the kernel before this one: %w", err)
	}
	for _, pid := range pids {
		if isKeeper(pid) {
			return fmt.Errorf("supervisor: another kernel, process %d, uses the connection file %s: end it, or start this one with another file", pid, file.Name())
		}
	}
	for _, pid := range pids {
		log.Warn("killed what was left of the kernel before this one", "pid", pid)
		// A stopped process starts nothing new, and orphans below it stay there.
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			continue // it has just ended
		}
		err := processes.KillTreeOf(pid, killAll)
		if killErr := syscall.Kill(pid, syscall.SIGKILL); killErr != nil && !errors.Is(killErr, syscall.ESRCH) {
			err = errors.Join(err, fmt.Errorf("supervisor: kill process %d: %w", pid, killErr))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
