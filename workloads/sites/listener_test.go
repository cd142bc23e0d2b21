package sites

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func TestMaxConnectionsLimitsConnections(t *testing.T) {
	s := newServer(t, Latency(time.Millisecond), MaxConnections(3))
	clients := []*http.Client{newClient(t), newClient(t)}
	for _, client := range clients { // the second client finds the connections of the first
		var group errgroup.Group
		for _, u := range s.URLs(30) {
			group.Go(func() error {
				_, err := Download(t.Context(), client, u)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if got := stats(t, s); got.MostInFlight > 3 || got.Requests < 120 {
		t.Errorf("got %+v, want 120 requests and at most 3 in flight", got)
	}
}

func TestAConnectionWithinTheLimitIsKept(t *testing.T) {
	s := newServer(t, Latency(0), MaxConnections(1))
	for _, u := range s.URLs(10) {
		if _, err := Download(t.Context(), s.Client(), u); err != nil {
			t.Fatal(err)
		}
	}
	if got := stats(t, s); got.Connections != 1 {
		t.Errorf("got %d connections for one client, want 1", got.Connections)
	}
}

func TestConnectionsWithoutARequestMakeRoom(t *testing.T) {
	s := newServer(t, Latency(0), MaxConnections(2))
	for range 2 {
		conn, err := net.Dial("tcp", hostOf(t, s.URLs(1)[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	leaktest.Wait(t, "both connections are accepted", func() bool { return stats(t, s).Connections == 2 })
	if _, err := Download(t.Context(), s.Client(), s.URLs(1)[0]); err != nil {
		t.Errorf("a third connection: %v", err)
	}
}

func TestANewConnectionCostsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, near := net.Pipe()
		conn := &costlyConn{Conn: near, readable: time.Now().Add(time.Second)}
		var writer sync.WaitGroup
		writer.Go(func() {
			io.WriteString(far, "ab")
			far.Close()
		})
		begin := time.Now()
		sent, err := io.ReadAll(io.LimitReader(conn, 2))
		if string(sent) != "ab" || err != nil || time.Since(begin) != time.Second {
			t.Errorf("read: got %q, %v after %v; want ab after 1s", sent, err, time.Since(begin))
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF || time.Since(begin) != time.Second {
			t.Errorf("read again: got %v after %v; want EOF at once", err, time.Since(begin))
		}
		writer.Wait()
	})
}

func TestConnectionsWaitForTheirCostConcurrently(t *testing.T) {
	s := newServer(t, Latency(0), ConnectCost(forever))
	for range 3 {
		conn, err := net.Dial("tcp", hostOf(t, s.URLs(1)[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /site/2 HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	leaktest.Wait(t, "all three connections are accepted", func() bool { return stats(t, s).Connections == 3 })
	if got := stats(t, s); got.Requests != 0 {
		t.Errorf("got %+v, want no request before the connection's cost has passed", got)
	}
}

func TestConnectionsShareARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &rateLimiter{bytesPerSecond: 10_000}
		begin := time.Now()
		var group sync.WaitGroup
		for range 4 {
			far, near := net.Pipe()
			group.Go(func() {
				defer near.Close()
				conn := &costlyConn{Conn: near, limiter: shared}
				if n, err := conn.Write(make([]byte, 5_000)); n != 5_000 || err != nil {
					t.Errorf("Write: got %d, %v; want 5000", n, err)
				}
			})
			group.Go(func() { io.Copy(io.Discard, far) })
		}
		group.Wait()
		if took := time.Since(begin).Round(time.Millisecond); took != 2*time.Second {
			t.Errorf("4 × 5,000 bytes took %v at 10,000 bytes a second, want 2s", took)
		}
	})
}

func TestWakingLateDoesNotReduceTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &rateLimiter{bytesPerSecond: 1_000_000}
		begin := time.Now()
		for range 1000 {
			time.Sleep(time.Until(l.reserve(1000)) + time.Millisecond) // an operating system wakes late too
		}
		if took := time.Since(begin).Round(10 * time.Millisecond); took != time.Second {
			t.Errorf("1,000,000 bytes took %v at 1,000,000 bytes a second, want 1s", took)
		}
		time.Sleep(time.Hour)
		if left := time.Until(l.reserve(1_000_000)); left != time.Second {
			t.Errorf("after a break, 1,000,000 bytes take %v, want 1s", left)
		}
	})
}

func TestAWriteOnABrokenConnectionReturnsItsLength(t *testing.T) {
	far, near := net.Pipe()
	far.Close()
	conn := &costlyConn{Conn: near, limiter: &rateLimiter{bytesPerSecond: 1 << 30}}
	if n, err := conn.Write(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("Write: got %d, %v; want 0 and an error", n, err)
	}
}
