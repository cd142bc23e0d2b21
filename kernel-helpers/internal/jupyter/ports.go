package jupyter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// freePorts returns n unused TCP ports of the loopback address. They are below
// the range from which systems choose the ports of outgoing connections: within
// that range, an attempt to connect to a port on which the kernel doesn't
// listen yet may connect to itself.
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
	return nil, errors.Join(fmt.Errorf("fewer than %d free ports between %d and %d", n, low, high), errs)
}
