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
	// program has at the moment. Where that is an outgoing connection, it may be
	// over soon.
	listenWithin = 3 * time.Second
	listenPoll   = 20 * time.Millisecond
)

// listen listens on an address of the connection file. The kernel before this
// one is gone, so an address that stays in use is another
// program's; the error names it.
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

// listenOnce listens. An ipc socket is its owner's alone, and takes the place of
// one at which nobody listens any more: a kernel that was killed leaves those.
func listenOnce(network, address string) (net.Listener, error) {
	if network != "unix" {
		return net.Listen(network, address)
	}
	// The mode is right from the start. Nothing else makes files this early.
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

// inUse adds to err which program has the address, and what to do about it.
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
