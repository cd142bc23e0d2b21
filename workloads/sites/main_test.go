package sites

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"
)

// The test binary also acts as a program that starts servers: if this variable
// is set, it runs one of these parts instead of the tests.
const partVariable = "SITES_TEST_PART"

func TestMain(m *testing.M) {
	switch part := os.Getenv(partVariable); part {
	case "":
		os.Exit(m.Run())
	case "parent", "parent that handles interrupts":
		// Start a server, print where it is, and wait to be killed.
		interrupts := make(chan os.Signal, 1)
		if part != "parent" {
			signal.Notify(interrupts, os.Interrupt)
		}
		s := Local(Latency(0))
		fmt.Println(s.process.Process.Pid, s.URLs(1)[1])
		for range interrupts {
			n, err := Download(context.Background(), nil, s.URLs(1)[1])
			fmt.Println("interrupted", n, err)
		}
		select {}
	case "parent that ends":
		s := Local(Latency(0))
		fmt.Println(s.process.Process.Pid, s.URLs(1)[1])
	case "parent that cannot start":
		Local(Latency(-1))
	}
}

// runPart returns a command that runs one part of the test binary.
func runPart(t *testing.T, part string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), partVariable+"="+part, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// startParent starts a part that starts a server, and returns what it prints.
func startParent(t *testing.T, cmd *exec.Cmd) (stdout *bufio.Reader, pid int, url string) {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	stdout = bufio.NewReader(pipe)
	line, err := stdout.ReadString('\n')
	if err != nil {
		rest, _ := io.ReadAll(stdout)
		t.Fatalf("the parent printed %q %q: %v", line, rest, err)
	}
	pid, url = readParent(t, line)
	return stdout, pid, url
}

func readParent(t *testing.T, line string) (pid int, url string) {
	t.Helper()
	first, url, found := strings.Cut(strings.TrimSpace(line), " ")
	pid, err := strconv.Atoi(first)
	if !found || err != nil {
		t.Fatalf("the parent printed %q, want a process id and a URL", line)
	}
	return pid, url
}

// newServer starts a server that is closed at the end of the test.
func newServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newClient returns a client with its own connections.
func newClient(t testing.TB) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func stats(t testing.TB, s *Server) Stats {
	t.Helper()
	seen, err := s.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
