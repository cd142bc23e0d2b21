package langserver

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// The test binary also plays gopls, where it is called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "gopls" {
		os.Exit(playGopls(os.Args[2]))
	}
	os.Exit(m.Run())
}

// playGopls listens until the last of its connections has been closed.
func playGopls(address string) int {
	listener, err := net.Listen("unix", strings.TrimPrefix(address, "unix;"))
	if err != nil {
		return 1
	}
	var connections sync.WaitGroup
	for first := true; ; first = false {
		conn, err := listener.Accept()
		if err != nil {
			return 0
		}
		connections.Go(func() { io.Copy(io.Discard, conn) })
		if first {
			go func() { connections.Wait(); listener.Close() }()
		}
	}
}

// fakeGopls puts a fake gopls on PATH and returns a folder for sockets. All that is
// left of it is killed at the end.
func fakeGopls(t *testing.T) (folder string) {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "gopls")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	folder, err = os.MkdirTemp("/tmp", "gkt-") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range running(t, folder) {
			syscall.Kill(p.PID, syscall.SIGKILL)
		}
		os.RemoveAll(folder)
	})
	return folder
}

func open(t *testing.T, folder string) *Server {
	t.Helper()
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func ensure(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Ensure(ctx); err != nil {
		t.Fatal(err)
	}
}

// running returns the shared gopls whose sockets are in folder.
func running(t *testing.T, folder string) []processes.Process {
	t.Helper()
	table, err := processes.Table()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(table, func(p processes.Process) bool {
		return !Is(p) || !slices.ContainsFunc(arguments(p.PID), func(a string) bool { return strings.HasPrefix(a, "unix;"+folder+"/") })
	})
}

func await(t *testing.T, what string, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := until(ctx, func() (bool, error) { return ready(), nil }); err != nil {
		t.Fatalf("waited for %s: %v", what, err)
	}
}

func TestKernelsShareOneGopls(t *testing.T) {
	folder := fakeGopls(t)
	servers := make([]*Server, 5)
	var started sync.WaitGroup
	for i := range servers {
		servers[i] = open(t, folder)
		started.Go(func() { ensure(t, servers[i]) })
	}
	started.Wait()
	found := running(t, folder)
	if len(found) != 1 {
		t.Fatalf("got %v, want one gopls", found)
	}
	limits, err := os.ReadFile("/proc/" + strconv.Itoa(found[0].PID) + "/limits")
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max data size 1073741824 1073741824") {
		t.Errorf("got limits\n%s%v\nwant a data size of 1 GiB", limits, err)
	}
	for i, s := range servers {
		s.Close()
		if i < len(servers)-1 && len(running(t, folder)) != 1 {
			t.Fatalf("after %d of %d kernels have ended: got no gopls, want it for the others", i+1, len(servers))
		}
	}
	await(t, "its end after the last kernel", func() bool { return len(running(t, folder)) == 0 })
}

func TestAGoplsThatWasKilledComesBack(t *testing.T) {
	folder := fakeGopls(t)
	first, second := open(t, folder), open(t, folder)
	ensure(t, first)
	ensure(t, second)
	killed := running(t, folder)[0].PID
	syscall.Kill(killed, syscall.SIGKILL)
	for _, s := range []*Server{first, second} {
		await(t, "the end of the connection", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return !s.isHeld() })
		ensure(t, s)
	}
	if found := running(t, folder); len(found) != 1 || found[0].PID == killed {
		t.Errorf("got %v, want another one", found)
	}
}

func TestTheCleanUpOfAKernelSparesTheSharedGopls(t *testing.T) {
	folder := fakeGopls(t)
	ensure(t, open(t, folder))
	cell := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cell.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cell.Wait() }()
	if err := processes.KillTree(Sparing(processes.KillAll)); err != nil {
		t.Fatal(err)
	}
	<-ended // else the test hangs
	if found := running(t, folder); len(found) != 1 {
		t.Errorf("got %v, want gopls alive", found)
	}
}

func TestGoplsIsRecognisedByItsSocket(t *testing.T) {
	for line, want := range map[string]bool{
		"gopls -listen unix;/tmp/a/kernels-0 -listen.timeout 8s": true,
		"gopls -listen unix;/tmp/a/gopls_socket":                 false,
		"gopls -mode=stdio":                                      false,
		"gopls -listen":                                          false,
	} {
		if got := isShared(strings.Fields(line)); got != want {
			t.Errorf("%s: got %v, want %v", line, got, want)
		}
	}
}

func TestAFolderOfOthersIsRefused(t *testing.T) {
	folder := fakeGopls(t)
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := open(t, folder).Ensure(t.Context()); err == nil || !strings.Contains(err.Error(), folder+" is not a folder of this user alone: remove it") {
		t.Errorf("got error %v, want one that names the folder and what to do", err)
	}
}

func TestOnlyKernelsOfOneInstallationShare(t *testing.T) {
	environ := []string{"PATH=/a", "GOFLAGS=-mod=mod", "TMPDIR=/x"}
	name := socketName("/a/gopls", environ)
	for what, other := range map[string]string{
		"another gopls": socketName("/b/gopls", environ),
		"another PATH":  socketName("/a/gopls", append([]string{"PATH=/b"}, environ[1:]...)),
		"other flags":   socketName("/a/gopls", append([]string{"GOFLAGS="}, environ[0], environ[2])),
	} {
		if other == name {
			t.Errorf("%s: got the same socket, want another", what)
		}
	}
	if other := socketName("/a/gopls", []string{"TMPDIR=/y", "GOFLAGS=-mod=mod", "PATH=/a"}); other != name {
		t.Errorf("another kernel: got %s, want %s", other, name)
	}
	got := environment([]string{"HOME=/h", "TMPDIR=/gk-1", "SPEEDUP_KEPT=/gk-1", "JPY_PARENT_PID=1", "GOMEMLIMIT=1GiB"}, "/f")
	if want := []string{"HOME=/h", "TMPDIR=/f", "GOMEMLIMIT=" + softLimit}; !slices.Equal(got, want) {
		t.Errorf("the environment of gopls: got %q, want %q", got, want)
	}
}
