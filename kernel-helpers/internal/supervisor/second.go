package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/speedup/kernel-helpers/internal/langserver"
)

// giveUpEnv names an environment variable with the time after which GoNB is killed
// if it doesn't end an interrupted cell, in the format of [time.ParseDuration]. GoNB
// may need more time on a busy machine.
const giveUpEnv = "SPEEDUP_GIVE_UP_AFTER"

// supervise is the second process. It runs a kernel until a client shuts it down,
// the keeper is gone, or SIGTERM or SIGHUP comes. When it returns, GoNB, everything
// that it started, and all files are gone.
func supervise(o Options, homePath string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	keeper := inherited(3, "keeper")
	lock := inherited(4, "lock")
	defer lock.Close()
	// The third is the locked connection file. Nobody closes it, so the lock lasts
	// until this process has exited, and the next kernel finds no process of this one.
	syscall.CloseOnExec(5)
	kept, lost := context.WithCancel(context.Background())
	defer lost()
	go func() { // ends with the keeper or with this process
		io.Copy(io.Discard, keeper)
		lost()
	}()
	c := config{
		Options: o, home: homePath, giveUpAfter: giveUpAfter, began: kernelBegan(),
		kept: kept, orphaned: func() bool { return isClosed(keeper) },
	}
	var err error
	if c.gopls, err = langserver.Open(langserver.Folder()); err != nil {
		c.Log.Info("no language server", "err", err)
	}
	os.Unsetenv(langserver.FolderEnv) // it is nothing for cells
	if text := os.Getenv(giveUpEnv); text != "" {
		if c.giveUpAfter, err = time.ParseDuration(text); err != nil {
			return fmt.Errorf("supervisor: %s: %w", giveUpEnv, err)
		}
	}
	err = run(ctx, c)
	return errors.Join(err, (&home{path: homePath}).remove())
}

// isClosed reports whether the other end of a pipe is closed. It doesn't wait.
func isClosed(pipe *os.File) bool {
	poll := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n == 1 && poll[0].Revents&unix.POLLHUP != 0
}

// inherited returns a file that the keeper passed to us. Processes that we start
// don't inherit it.
func inherited(fd uintptr, name string) *os.File {
	syscall.CloseOnExec(int(fd))
	return os.NewFile(fd, name)
}
