package sites

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func TestAServerServesUntilItIsClosed(t *testing.T) {
	s, err := Start(t.Context(), Latency(0))
	if err != nil {
		t.Fatal(err)
	}
	short := s.URLs(1)[1]
	if n, err := Download(t.Context(), s.Client(), short); n != 276 || err != nil {
		t.Fatalf("Download: got %d, %v; want 276 bytes", n, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: got error %v, want nil", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: got error %v, want nil", err)
	}
	if !leaktest.Gone(s.process.Process.Pid) {
		t.Error("the process still exists after Close")
	}
	if !refused(short) {
		t.Error("the port is still open after Close")
	}
	if _, err := s.Stats(t.Context()); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("Stats of a closed server: got error %v, want one that says so", err)
	}
}

func TestTheContextAppliesToTheStartOnly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Latency(0))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	if _, err := Download(t.Context(), s.Client(), s.URLs(1)[0]); err != nil {
		t.Errorf("after the context's end: got error %v, want nil", err)
	}
	if _, err := Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start with a cancelled context: got error %v, want context.Canceled", err)
	}
}

func TestServersDoNotDisturbEachOther(t *testing.T) {
	one, two := newServer(t, Latency(0)), newServer(t, Latency(0))
	for range 3 {
		if _, err := Download(t.Context(), one.Client(), one.URLs(1)[0]); err != nil {
			t.Fatal(err)
		}
	}
	if n := stats(t, one).Requests; n != 3 {
		t.Errorf("the first server: got %d requests, want 3", n)
	}
	if n := stats(t, two).Requests; n != 0 {
		t.Errorf("the second server: got %d requests, want 0", n)
	}
}

func TestAServerRunsWhileOnlyItsURLsAreKept(t *testing.T) {
	urls := Local(Latency(0)).URLs(1)
	for range 3 {
		runtime.GC()
		runtime.Gosched()
	}
	if _, err := Download(t.Context(), nil, urls[0]); err != nil {
		t.Errorf("got error %v, want nil", err)
	}
}

func TestAServerKeepsNoGoroutineInItsParent(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newServer(t, Latency(0))
	if _, err := s.Stats(t.Context()); err != nil {
		t.Fatal(err)
	}
	leaktest.Wait(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
}

func TestStartReportsInvalidOptions(t *testing.T) {
	for name, opt := range map[string]Option{
		"latency":         Latency(-time.Second),
		"connection cost": ConnectCost(-time.Second),
		"connections":     MaxConnections(0),
		"bandwidth":       Bandwidth(0),
		"no such page":    Fail("/none", Status(503)),
		"no failure":      Fail(Short),
		"status 200":      Fail(Short, Works(), Status(200)),
		"not negative":    Fail(Short, SlowBody(-1)),
		`failure ""`:      Fail(Short, Failure{}),
	} {
		s, err := Start(t.Context(), opt)
		if err == nil {
			s.Close()
			t.Errorf("%s: got no error", name)
			continue
		}
		if !strings.HasPrefix(err.Error(), "sites: start server: ") || !strings.Contains(err.Error(), strings.TrimPrefix(name, "not ")) {
			t.Errorf("%s: the error %q does not name the option", name, err)
		}
	}
}

func TestLocalEndsTheProgramIfItCannotStart(t *testing.T) {
	cmd := runPart(t, "parent that cannot start")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d, want 1", code)
	}
	if said := stderr.String(); strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "sites: start server: ") {
		t.Errorf("standard error is %q, want one line", said)
	}
}

func TestErrorsReportAServerThatEnded(t *testing.T) {
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Stats(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the server has ended: signal: killed") {
		t.Errorf("Stats: got error %v, want the cause", err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Close: got error %v, want the cause", err)
	}
}

func TestTheServersLastWordsAreReported(t *testing.T) {
	s, err := Start(t.Context(), Latency(forever))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// With this many requests, they are longer than a pipe's buffer.
	const n = 200
	for range n {
		conn, err := net.Dial("tcp", hostOf(t, s.URLs(1)[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET /site/2 HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	leaktest.Wait(t, "the requests are in flight", func() bool { return stats(t, s).InFlight == n })
	if err := s.process.Process.Signal(syscall.SIGABRT); err != nil { // Go's runtime prints all stacks
		t.Fatal(err)
	}
	_, err = s.Stats(t.Context())
	if err == nil || !strings.Contains(err.Error(), "SIGABRT") || len(err.Error()) > 3000 {
		t.Errorf("Stats: got error %v, want the beginning of the server's standard error", err)
	}
}

func TestStatsCanBeCancelledAndCalledAgain(t *testing.T) {
	s := newServer(t, Latency(0))
	pid := s.process.Process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if _, err := s.Stats(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Stats of a stopped server: got error %v, want context.DeadlineExceeded", err)
			}
		})
	}
	group.Wait()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := Download(t.Context(), s.Client(), s.URLs(1)[0]); err != nil {
			t.Fatal(err)
		}
		if n := stats(t, s).Requests; n != i+1 {
			t.Fatalf("Stats returns %[2]d requests, want %[1]d: an answer to a cancelled call?", i+1, n)
		}
	}
}

func TestTheServerEndsWithAParentThatIsKilled(t *testing.T) {
	parent := runPart(t, "parent")
	_, pid, url := startParent(t, parent)
	if n, err := Download(t.Context(), newClient(t), url); n != 276 || err != nil {
		t.Fatalf("Download: got %d, %v; want 276", n, err)
	}
	parent.Process.Kill()
	leaktest.Wait(t, "the server's process is gone", func() bool { return leaktest.Gone(pid) })
	leaktest.Wait(t, "the port is closed", func() bool { return refused(url) })
}

func TestTheServerEndsWithAParentThatDoesNotCloseIt(t *testing.T) {
	parent := runPart(t, "parent that ends")
	parent.WaitDelay = time.Minute // Output fails if another process holds standard output for longer
	said, err := parent.Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, url := readParent(t, string(said))
	leaktest.Wait(t, "the server's process is gone", func() bool { return leaktest.Gone(pid) })
	leaktest.Wait(t, "the port is closed", func() bool { return refused(url) })
}

func TestTheServerIgnoresInterrupts(t *testing.T) {
	parent := runPart(t, "parent that handles interrupts")
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr strings.Builder
	parent.Stderr = &stderr
	stdout, pid, _ := startParent(t, parent)
	if err := syscall.Kill(-parent.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	line, err := stdout.ReadString('\n')
	if err != nil || line != "interrupted 276 <nil>\n" {
		t.Errorf("after the interrupt: got %q, %v; want a successful download", line, err)
	}
	parent.Process.Kill()
	parent.Wait()
	leaktest.Wait(t, "the server's process is gone", func() bool { return leaktest.Gone(pid) })
	if stderr.Len() > 0 {
		t.Errorf("standard error is %q, want nothing", stderr.String())
	}
}

func TestAClientTrustsTheCertificateOfItsServer(t *testing.T) {
	s := newServer(t, Latency(0), TLS())
	if u := s.URLs(1)[0]; !strings.HasPrefix(u, "https://") {
		t.Errorf("got URL %s, want https", u)
	}
	for _, u := range append(s.URLs(1), s.Blog().URLs(1)...) {
		if _, err := Download(t.Context(), s.Client(), u); err != nil {
			t.Error(err)
		}
	}
	_, err := Download(t.Context(), newClient(t), s.URLs(1)[0])
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("another client: got error %v, want an unknown authority", err)
	}
	other := newServer(t, Latency(0), TLS())
	if _, err := Download(t.Context(), s.Client(), other.URLs(1)[0]); err == nil {
		t.Error("a client trusts the certificate of another server")
	}
}

func TestAProgramWithItsOwnDefaultTransportCanStartAServer(t *testing.T) {
	standard := http.DefaultTransport
	http.DefaultTransport = transportFunc(nil)
	defer func() { http.DefaultTransport = standard }()
	s := newServer(t, Latency(0))
	if _, err := Download(t.Context(), s.Client(), s.URLs(1)[0]); err != nil {
		t.Error(err)
	}
}

func TestTheChildsVariableAloneCreatesNoServer(t *testing.T) {
	empty, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	for name, inherited := range map[string][]*os.File{
		"no open files":                      nil,
		"files left open by another program": {empty, empty},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := runPart(t, "")
			cmd.Env = append(cmd.Env, childVariable+"=1")
			cmd.ExtraFiles = inherited
			said, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(said), "unset it") {
				t.Errorf("exit status %d, output %q; want 2 and the remedy", code, said)
			}
		})
	}
}

func refused(of string) bool {
	u, err := url.Parse(of)
	if err != nil {
		return false
	}
	conn, err := net.Dial("tcp", u.Host)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
