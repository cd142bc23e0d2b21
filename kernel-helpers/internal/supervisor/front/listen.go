package front

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// listen listens on a TCP address or an ipc socket. Only the owner can connect to
// an ipc socket. It replaces one on which nobody listens any more, which a killed
// kernel leaves behind.
func listen(network, address string) (net.Listener, error) {
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
