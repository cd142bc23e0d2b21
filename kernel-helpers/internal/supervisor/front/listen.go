package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	// listenWithin is how long a kernel tries to listen on an address that another
	// program uses. If the use is an outgoing connection, it may end soon.
	listenWithin = 3 * time.Second
	listenPoll   = 20 * time.Millisecond
)

// listen listens on an address of the connection file. The kernel before this one
// is gone, so an address that stays in use belongs to another program, which the
// error names.
func listen(ctx context.Context, network, address string) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, listenWithin)
	defer cancel()
	tick := time.NewTicker(listenPoll)
	defer tick.Stop()
	for {
		l, err := listenOnce(network, address)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, inUse(network, address, err)
		}
	}
}

// listenOnce listens on a TCP address or an ipc socket. Only the owner can connect
// to an ipc socket. It replaces one on which nobody listens any more, which a killed
// kernel leaves behind.
func listenOnce(network, address string) (net.Listener, error) {
	if network != "unix" {
		return net.Listen(network, address)
	}
	// With umask the mode is right from the start. The umask is the whole process's,
	// but nothing else creates files this early.
	defer syscall.Umask(syscall.Umask(0o177))
	l, err := net.Listen(network, address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	if c, dialErr := net.Dial(network, address); dialErr == nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := os.Remove(address); err != nil {
		return nil, err
	}
	return net.Listen(network, address)
}

// inUse adds to err which program uses the address, and what the user can do.
func inUse(network, address string, err error) error {
	if network == "unix" {
		return fmt.Errorf("%w: another program listens there: end it, or remove the file if it is stale", err)
	}
	owner := portOwner(address)
	if owner == "" {
		return fmt.Errorf("%w: another program has the port: end that program, or start the kernel anew, with new ports", err)
	}
	return fmt.Errorf("%w: %s: end that program, or start the kernel anew, with new ports", err, owner)
}
