package procpool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/child"
)

// The tasks of the tests.
var (
	empty  = Define("empty", func(context.Context, int) (int, error) { return 0, nil })
	double = Define("double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })
	length = Define("length", func(_ context.Context, b []byte) (int, error) { return len(b), nil })
	say    = Define("say", func(_ context.Context, text string) (string, error) {
		fmt.Print(text)
		return Worker(), nil
	})
	obey    = Define("obey", func(ctx context.Context, o order) (int, error) { return o.N, o.obey(ctx) })
	session = DefineWith("session", newSession, func(_ context.Context, s *counter, failing bool) ([2]int, error) {
		s.uses++
		return [2]int{os.Getpid(), s.uses}, nil
	})
)

// An order tells a task what to do.
type order struct {
	N    int
	How  string
	Path string // of a file, in some orders
}

func (o order) String() string { return o.How + " " + strconv.Itoa(o.N) }

func (o order) obey(ctx context.Context) error {
	switch o.How {
	case "work":
	case "note": // records that the task ran
		return note(o.Path, o.N)
	case "note and die":
		if err := note(o.Path, o.N); err != nil {
			return err
		}
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "die once":
		if _, err := os.Stat(o.Path); err == nil {
			return nil
		}
		os.WriteFile(o.Path, nil, 0o600)
		os.Exit(1)
	case "fail":
		return errors.New("no luck")
	case "fail long":
		return errors.New(strings.Repeat("no luck ", 1<<18))
	case "panic":
		panic("boom")
	case "panic nil map":
		nilMap["x"] = 1
	case "panic elsewhere":
		go panic("boom in another goroutine")
		select {}
	case "goexit":
		runtime.Goexit()
	case "exit":
		os.Exit(3)
	case "exit well":
		os.Exit(0)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "close the pipe":
		syscall.Close(child.AnswersFD)
		select {}
	case "write nonsense":
		syscall.Write(child.AnswersFD, []byte("nonsense"))
		select {}
	case "use up memory":
		syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: 256 << 20, Max: 256 << 20})
		for {
			kept = append(kept, bytes.Repeat([]byte{1}, 16<<20))
		}
	case "stop":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		select {}
	case "deadlock":
		<-make(chan int)
	case "spin":
		for n := 1; n > 0; n ^= 2 {
		}
	case "wait for the end":
		<-ctx.Done()
		return context.Cause(ctx)
	case "wait for file":
		for {
			if _, err := os.Stat(o.Path); err == nil {
				return nil
			}
			time.Sleep(time.Millisecond)
		}
	case "leave a child", "leave a child in another group":
		cmd := exec.Command("sleep", "600")
		cmd.Stdout = os.Stdout // the child keeps the pipe open
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: o.How != "leave a child"}
		if err := cmd.Start(); err != nil {
			return err
		}
		return note(o.Path, cmd.Process.Pid)
	default:
		return fmt.Errorf("unknown order %q", o.How)
	}
	return nil
}

var (
	nilMap map[string]int
	kept   [][]byte
)

// note appends a line to a file to which several processes write.
func note(path string, n int) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, n)
	return err
}

// notes returns the numbers in a file, sorted.
func notes(t testing.TB, path string) []int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var numbers []int
	for _, field := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers
}

type counter struct{ uses int }

// newSession fails the first time in each process if PROCPOOL_TEST_FAIL is set.
func newSession() (*counter, error) {
	if path := os.Getenv("PROCPOOL_TEST_FAIL"); path != "" {
		if _, err := os.Stat(path); err != nil {
			os.WriteFile(path, nil, 0o600)
			return nil, errors.New("no session today")
		}
	}
	return new(counter), nil
}

// The test binary also acts as a program with a pool: if this variable is set,
// it runs one of these parts instead of the tests.
const partVariable = "PROCPOOL_TEST_PART"

func TestMain(m *testing.M) {
	if Worker() != "" {
		panic("main runs in a worker")
	}
	ctx := context.Background()
	switch part := os.Getenv(partVariable); part {
	case "":
		os.Exit(m.Run())
	case "parent", "parent that ends":
		// Keep one worker idle, and give the others tasks that never end.
		p, err := Start(ctx, 4, Output(io.Discard, io.Discard))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		dir := os.Getenv("PROCPOOL_TEST_DIR")
		child := filepath.Join(dir, "child")
		if _, err := obey.Submit(ctx, p, order{How: "leave a child", Path: child}).Wait(ctx); err != nil {
			fmt.Println(err)
		}
		for _, how := range []string{"spin", "deadlock", "stop"} {
			obey.Submit(ctx, p, order{How: how, Path: "x"})
		}
		for !slices.ContainsFunc(p.Workers(), func(w WorkerState) bool { return stopped(w.PID) }) {
			time.Sleep(time.Millisecond)
		}
		for _, w := range p.Workers() {
			fmt.Print(w.PID, " ")
		}
		text, _ := os.ReadFile(child)
		fmt.Println(strings.TrimSpace(string(text)))
		if part == "parent" {
			select {}
		}
	case "many":
		_, err := Start(ctx, 50)
		fmt.Println(err)
	default:
		panic(part)
	}
}

// A log collects the workers' output.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newPool starts a pool and kills it at the end of the test.
func newPool(t testing.TB, workers int, opts ...Option) *Pool {
	t.Helper()
	stdout, stderr := new(log), new(log)
	p, err := Start(context.Background(), workers, append([]Option{Output(stdout, stderr)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("workers wrote %q and, to standard error, %q", stdout, stderr)
		}
	})
	return p
}

// numbers returns 0 … n-1.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// stopped reports whether a child has stopped. It reports each stop once.
func stopped(pid int) bool {
	var status syscall.WaitStatus
	child, _ := syscall.Wait4(pid, &status, syscall.WNOHANG|syscall.WUNTRACED, nil)
	return child == pid && status.Stopped()
}
