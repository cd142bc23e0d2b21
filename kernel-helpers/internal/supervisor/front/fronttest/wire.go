package fronttest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// Patience is how long tests wait for something that must happen. It guards
// against hanging; it measures nothing.
const Patience = 60 * time.Second

// WaitFor waits until ready returns true.
func WaitFor(t testing.TB, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("what the test waits for did not happen in %v", Patience)
		}
	}
}

// TempDir returns a folder whose path is short enough for sockets. It is removed
// when the test ends.
func TempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "gkt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Connection returns a connection on which nobody listens. The transport is "tcp"
// or "ipc"; dir is the folder of ipc sockets, which are named s-1 to s-5.
func Connection(t testing.TB, transport, dir string) jupyter.Connection {
	t.Helper()
	c := jupyter.Connection{Transport: transport, IP: filepath.Join(dir, "s"), Key: jupyter.NewID(), SignatureScheme: "hmac-sha256", ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HBPort: 5}
	if transport == "tcp" {
		ports := FreePorts(t)
		c.IP = "127.0.0.1"
		c.ShellPort, c.ControlPort, c.StdinPort, c.IOPubPort, c.HBPort = ports[0], ports[1], ports[2], ports[3], ports[4]
	}
	return c
}

// FreePorts returns five ports on which nobody listens. They are below the range
// from which systems take the ports of outgoing connections, because another
// program could get one of those before the test uses it.
func FreePorts(t testing.TB) (ports []int) {
	t.Helper()
	const low, high = 20000, 32000 // as in package jupyter
	for tries := 0; len(ports) < 5; tries++ {
		port := low + rand.IntN(high-low)
		l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
		switch {
		case err == nil:
			defer l.Close()
			ports = append(ports, port)
		case tries == 500:
			t.Fatal(err)
		}
	}
	return ports
}

// Dial connects to a channel as soon as somebody listens there.
func Dial(t testing.TB, c jupyter.Connection, ch jupyter.Channel, kind zmtp.SocketType, identity string) *zmtp.Conn {
	t.Helper()
	network, address := c.Endpoint(ch)
	for deadline := time.Now().Add(Patience); ; time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		s, err := zmtp.Dial(ctx, network, address, kind, identity)
		cancel()
		if err == nil {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// DialRaw connects to a channel and sends nothing.
func DialRaw(t testing.TB, c jupyter.Connection, ch jupyter.Channel) net.Conn {
	t.Helper()
	network, address := c.Endpoint(ch)
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Frames returns the frames of a well-formed request.
func Frames(t testing.TB, key, msgType string, content any) [][]byte {
	t.Helper()
	m, err := jupyter.NewMessage("attacker", msgType, content)
	if err != nil {
		t.Fatal(err)
	}
	f, err := jupyter.Key(key).Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Garbage returns, by name, what no ZeroMQ client would send: other protocols, and
// ZeroMQ connections that break off.
func Garbage() map[string][]byte {
	greeting := slices.Concat([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'}, make([]byte, 48))
	after := func(s string) []byte { return append(slices.Clone(greeting), s...) }
	return map[string][]byte{
		"HTTP":                          []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + strings.Repeat("x", 100)),
		"zeros":                         make([]byte, 1000),
		"a greeting and then garbage":   append(slices.Clone(greeting), bytes.Repeat([]byte{0x5a}, 1000)...),
		"a READY that is cut short":     after("\x04\x09\x05READY\xffxy"),
		"a READY of an unknown type":    after("\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x01Q"),
		"a frame of eight exabytes":     after("\x06\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"a greeting without what comes": greeting,
	}
}
