package front

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestThePortsOwnerIsNamed(t *testing.T) {
	self := "front.test (process " + strconv.Itoa(os.Getpid()) + ")"
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	loop := connectToSelf(t)
	defer loop.Close()
	for name, test := range map[string]struct{ address, want string }{
		"a listener":                      {l.Addr().String(), self + " listens there"},
		"an outgoing connection":          {out.LocalAddr().String(), self + " has a connection from there to " + l.Addr().String()},
		"a connection to itself":          {loop.LocalAddr().String(), self + " tried to connect there while no kernel listened, and has connected to itself"},
		"a port of which nobody is known": {"127.0.0.1:1", ""},
	} {
		if got := portOwner(test.address); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if test.want == "" {
			continue
		}
		if _, err := listen(once(), "tcp", test.address); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: listen: got %v, want %q in it", name, err, test.want)
		}
	}
}

// connectToSelf returns a connection whose two ends are one socket, as a client
// gets that connects from the very port on which nobody listens.
func connectToSelf(t *testing.T) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close()
	c, err := (&net.Dialer{LocalAddr: address}).Dial("tcp4", address.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestListenWaitsForAPortThatIsFreedSoon(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*listenPoll, func() { l.Close() })
	got, err := listen(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	got.Close()
}
