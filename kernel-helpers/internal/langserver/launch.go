package langserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// idleTimeout is how long gopls lives without a connection. A kernel that is
	// restarted finds it again.
	idleTimeout = "8s"
	// softLimit is the memory up to which gopls collects garbage as it likes.
	softLimit = "192MiB"
	// hardLimit is the memory that gopls can have, in bytes. It ends if that is too
	// little, and the next request starts it again.
	hardLimit = 1 << 30

	// socketPrefix begins the names of sockets. By it gopls is recognised.
	socketPrefix = "kernels-"

	poll = 10 * time.Millisecond
)

// socketName returns a name that is the same for kernels that can share a gopls: it
// depends on the program and on what go commands obey.
func socketName(program string, environ []string) string {
	hash := sha256.New()
	fmt.Fprintln(hash, program)
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		if strings.HasPrefix(entry, "GO") || strings.HasPrefix(entry, "CGO") || strings.HasPrefix(entry, "PATH=") || strings.HasPrefix(entry, "HOME=") {
			fmt.Fprintln(hash, entry)
		}
	}
	return socketPrefix + hex.EncodeToString(hash.Sum(nil)[:6])
}

// environment returns the environment of gopls: nothing in it belongs to a kernel.
func environment(environ []string, folder string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		return strings.HasPrefix(entry, "SPEEDUP_") || strings.HasPrefix(entry, "JPY_") ||
			strings.HasPrefix(entry, "TMPDIR=") || strings.HasPrefix(entry, "GOMEMLIMIT=") || strings.HasPrefix(entry, "GODEBUG=")
	})
	return append(kept, "TMPDIR="+folder, "GOMEMLIMIT="+softLimit)
}

// lockSocket waits until no other kernel starts a gopls at this socket. The lock
// lasts until the file is closed.
func lockSocket(ctx context.Context, socket string) (*os.File, error) {
	f, err := os.OpenFile(socket+".lock", os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	err = until(ctx, func() (bool, error) {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
			return false, nil
		default:
			return false, err
		}
	})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// launch starts a gopls that listens at the socket. Its caller waits for it.
func launch(program, socket string) (*exec.Cmd, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	c := exec.Command(program, "-listen", "unix;"+socket, "-listen.timeout", idleTimeout)
	c.Dir = filepath.Dir(socket)
	c.Env = environment(os.Environ(), c.Dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no signal to a kernel's group reaches it
	if err := c.Start(); err != nil {
		return nil, err
	}
	if err := limitMemory(c.Process.Pid, hardLimit); err != nil {
		return nil, errors.Join(fmt.Errorf("limit its memory: %w", err), c.Process.Kill(), c.Wait())
	}
	return c, nil
}

// dial connects to the socket.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", socket)
}

// until calls ready repeatedly until it returns true or an error, or ctx ends.
func until(ctx context.Context, ready func() (bool, error)) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if ok, err := ready(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
