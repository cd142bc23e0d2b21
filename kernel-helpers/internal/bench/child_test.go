package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestACancelledChildIsKilledWithItsOwnChildren(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := runChild(ctx, peer("hangs", listener.Addr().String()), nil)
		ended <- err
	}()
	var alive []net.Conn
	for range 2 { // the child and its own child
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		alive = append(alive, conn)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	for _, conn := range alive {
		if _, err := io.ReadAll(conn); err != nil { // until the process has ended
			t.Errorf("the connection: %v", err)
		}
	}
}

func TestAChildThatTakesTooLongIsKilled(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Millisecond))
	defer cancel()
	_, err = runChild(ctx, peer("hangs alone", listener.Addr().String()), nil)
	if err == nil || !strings.Contains(err.Error(), "not done after") {
		t.Errorf("got error %v, want one that says it was not done", err)
	}
}

func TestAChildsErrorEndsWithItsLastLine(t *testing.T) {
	_, err := runChild(t.Context(), peer("fails"), nil)
	if err == nil || err.Error() != "exit status 1: out of luck" {
		t.Errorf("got error %v, want exit status 1: out of luck", err)
	}
}

func TestAChildsResourceUsageIsMeasured(t *testing.T) {
	done, err := runChild(t.Context(), peer("lies"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if done.peakBytes < 1<<20 || done.wall <= 0 || done.cpu <= 0 || done.cpu > time.Minute {
		t.Errorf("got impossible resource usage %+v", done)
	}
}

func TestChildrenGetNoProxy(t *testing.T) {
	got := withoutProxies([]string{"A=1", "HTTP_PROXY=http://far", "https_proxy=http://far", "NO_PROXY=x", "B=HTTP_PROXY=2"})
	if want := []string{"A=1", "B=HTTP_PROXY=2", "no_proxy=*"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
