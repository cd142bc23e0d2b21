package jupyter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// freePorts returns n TCP ports of the loopback address on which nobody listens.
// They are taken from below the range from which systems take the ports of
// outgoing connections: within it, a connection attempt to a port on which the
// kernel doesn't listen yet can connect to itself.
func freePorts(n int) ([]int, error) {
	const low, high = 20000, 32000
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	var ports []int
	var errs error
	for range 100 * n {
		port := low + rand.IntN(high-low)
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			errs = err
			continue
		}
		listeners = append(listeners, l)
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("no %d free ports between %d and %d", n, low, high), errs)
}
