package sites

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

// forever is longer than any test.
const forever = time.Hour

func TestTheServerCountsWhatItsClientsDo(t *testing.T) {
	s := newServer(t, Latency(0))
	urls := s.URLs(3)
	for _, u := range urls {
		if _, err := Download(t.Context(), s.Client(), u); err != nil {
			t.Fatal(err)
		}
	}
	want := Stats{Requests: 6, Connections: 1, MostInFlight: 1}
	if got := stats(t, s); got != want {
		t.Errorf("one client: got %+v, want %+v", got, want)
	}

	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, u := range urls {
		if _, err := Download(t.Context(), fresh, u); err != nil {
			t.Fatal(err)
		}
	}
	want.Requests, want.Connections = 12, 7
	if got := stats(t, s); got != want {
		t.Errorf("with a client that keeps no connection: got %+v, want %+v", got, want)
	}
}

func TestFiveWorkersAreNeverSeenAsSix(t *testing.T) {
	s := newServer(t, Latency(0))
	transport := s.Client().Transport.(*http.Transport)
	transport.MaxIdleConnsPerHost = 5
	var workers errgroup.Group
	workers.SetLimit(5)
	for _, u := range s.URLs(500) {
		workers.Go(func() error {
			_, err := Download(t.Context(), s.Client(), u)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		t.Fatal(err)
	}
	got := stats(t, s)
	if got.MostInFlight > 5 || got.Requests != 1000 || got.InFlight != 0 {
		t.Errorf("got %+v, want 1000 requests and at most 5 in flight", got)
	}
}

func TestARequestIsInFlightUntilItIsAnsweredOrCancelled(t *testing.T) {
	for name, opt := range map[string]Option{
		"while it waits for the latency": Latency(forever),
		"while its body is sent slowly":  Fail(Long, SlowBody(forever)),
		"while bandwidth is limited":     Bandwidth(20),
		"while it gets no answer":        Fail(Long, NoAnswer()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, Latency(0), opt)
			ctx, cancel := context.WithCancel(t.Context())
			var download errgroup.Group
			download.Go(func() error {
				_, err := Download(ctx, s.Client(), s.URLs(1)[0])
				return err
			})
			leaktest.Wait(t, "a request is in flight", func() bool { return stats(t, s).InFlight == 1 })
			cancel()
			if err := download.Wait(); !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want context.Canceled", err)
			}
			leaktest.Wait(t, "no request is in flight", func() bool { return stats(t, s).InFlight == 0 })
		})
	}
}

func TestTenThousandRequestsAreHeldInFlight(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 10,000 connections")
	}
	const n = 10_000
	if limit := maxOpenFiles(); limit < n+2*sparedFiles {
		t.Skipf("this process may open only %d files", limit)
	}
	s := newServer(t, Latency(forever))
	host := hostOf(t, s.URLs(1)[0])

	var clients errgroup.Group
	clients.SetLimit(50)
	conns := make([]net.Conn, n)
	for i := range conns {
		clients.Go(func() error {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				return err
			}
			conns[i] = conn
			_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", Short, host)
			return err
		})
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	leaktest.Wait(t, "10,000 requests are in flight", func() bool { return stats(t, s).InFlight == n })
	for _, conn := range conns {
		conn.Close()
	}
	leaktest.Wait(t, "no request is in flight", func() bool { return stats(t, s).InFlight == 0 })
	if got := stats(t, s); got.MostInFlight != n || got.Connections != n {
		t.Errorf("got %+v, want %d in flight at once on as many connections", got, n)
	}
}

func TestAConnectionBeyondTheLimitOnFilesGetsTheReason(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	parent := runPart(t, "parent")
	parent.Args = []string{shell, "-c", `ulimit -n 128; exec "$0"`, parent.Path}
	parent.Path = shell
	_, _, u := startParent(t, parent)
	host := hostOf(t, u)

	const room = 128 - sparedFiles
	for i := range room {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i > 0 {
			continue
		}
		// Send the requests of the earlier connections when the others exist.
		defer func() {
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", Short, host)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("an earlier connection: got %v, %v; want its page", resp, err)
			}
		}()
	}
	client := newClient(t)
	for range 2 * sparedFiles { // each is closed after its response, which makes room for the next
		_, err := Download(t.Context(), client, u)
		if err == nil || !strings.Contains(err.Error(), "status 503: ") || !strings.Contains(err.Error(), "ulimit -n") {
			t.Fatalf("got error %v, want status 503 and a remedy", err)
		}
	}
}

func TestOnlyPagesAreServed(t *testing.T) {
	s := newServer(t, Latency(0))
	page := s.URLs(1)[0]
	if _, err := Download(t.Context(), s.Client(), page+"/none"); err == nil || !strings.Contains(err.Error(), "status 404: no such page") {
		t.Errorf("got error %v, want status 404", err)
	}
	resp, err := s.Client().Post(page, "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %s, want status 405", resp.Status)
	}
	resp, err = s.Client().Head(page)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ContentLength != 10490 || resp.ProtoMajor != 1 {
		t.Errorf("HEAD: got %d bytes with %s, want 10490 with HTTP/1.1", resp.ContentLength, resp.Proto)
	}
}

func TestAPageIsCompressedOnRequest(t *testing.T) {
	s := newServer(t, Latency(0), Gzip())
	for asked, want := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip; q=1": true,
		"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.0": false, "gzipped": false,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Blog()[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", asked)
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != want || (len(sent) == 5112) != want {
			t.Errorf("Accept-Encoding %q: got compressed %v, %d bytes; want compressed %v", asked, got, len(sent), want)
		}
	}
}

func TestFailuresComeInTurn(t *testing.T) {
	s := newServer(t, Latency(0), Fail(Short, Works(), Status(503), Works(), Status(404)))
	client := newClient(t)
	var got []string
	for range 6 {
		_, err := Download(t.Context(), client, s.URLs(1)[1])
		said := "works"
		if err != nil {
			said = err.Error()[strings.LastIndex(err.Error(), " ")+1:]
		}
		got = append(got, said)
	}
	if said := strings.Join(got, " "); said != "works 503 works 404 works 503" {
		t.Errorf("six requests: got %s, want works 503 works 404 works 503", said)
	}
	if _, err := Download(t.Context(), client, s.URLs(1)[0]); err != nil {
		t.Errorf("another page: got error %v, want nil", err)
	}
}

func TestTheShareOfFailuresHoldsForConcurrentRequests(t *testing.T) {
	s := newServer(t, Latency(time.Millisecond), Fail(Short, Status(503), Works(), Works(), Works()))
	var failed atomic.Int64
	var group sync.WaitGroup
	for _, u := range s.URLs(80) {
		group.Go(func() {
			if _, err := Download(t.Context(), s.Client(), u); err != nil {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	if n := failed.Load(); n != 20 {
		t.Errorf("got %d failures in 80 requests for the page, want 20", n)
	}
}

func TestAResetBreaksTheConnectionInTheMiddleOfThePage(t *testing.T) {
	for name, opts := range map[string][]Option{
		"plain":                  nil,
		"with TLS":               {TLS()},
		"with costs":             {Bandwidth(1 << 30), ConnectCost(time.Millisecond)},
		"with everything":        {TLS(), Gzip(), Bandwidth(1 << 30)},
		"on a reused connection": {Fail(Long, Works())},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, append(opts, Latency(0), Fail(Short, Reset()))...)
			for range 3 {
				if _, err := Download(t.Context(), s.Client(), s.URLs(1)[0]); err != nil {
					t.Fatal(err)
				}
				_, err := Download(t.Context(), s.Client(), s.URLs(1)[1])
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("got error %v, want a connection reset", err)
				}
			}
			if got := stats(t, s); got.Requests != 6 || got.InFlight != 0 {
				t.Errorf("got %+v, want 6 requests, none of them repeated", got)
			}
		})
	}
}

func TestASlowBodyArrivesWhole(t *testing.T) {
	s := newServer(t, Latency(0), Fail(Short, SlowBody(5*time.Millisecond)), Fail(Long, SlowBody(0)))
	for i, want := range []int{10490, 276} {
		if n, err := Download(t.Context(), s.Client(), s.URLs(1)[i]); n != want || err != nil {
			t.Errorf("Download: got %d, %v; want %d bytes", n, err, want)
		}
	}
}

func TestAClientsTimeoutEndsAnUnansweredRequest(t *testing.T) {
	s := newServer(t, Latency(0), Fail(Short, NoAnswer()))
	client := newClient(t)
	client.Timeout = 20 * time.Millisecond
	_, err := Download(t.Context(), client, s.URLs(1)[1])
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want a time-out", err)
	}
}

func hostOf(t *testing.T, of string) string {
	t.Helper()
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
