package procpool

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// withTasks runs f with its own registry and returns the error of Start.
func withTasks(t *testing.T, f func()) error {
	t.Helper()
	registry.Lock()
	definitions := registry.definitions
	registry.definitions = nil
	registry.Unlock()
	defer func() {
		registry.Lock()
		defer registry.Unlock()
		registry.definitions = definitions
	}()
	f()
	p, err := Start(t.Context(), 1)
	if err == nil {
		p.Kill()
	}
	return err
}

type (
	hidden   struct{ _ int }
	nothing  struct{}
	recursor struct {
		Next *recursor
		Then time.Time
	}
	noted struct{ Notes map[string][]chan int }
)

func in[T any](context.Context, T) (int, error)        { return 0, nil }
func out[T any](context.Context, int) (t T, err error) { return t, nil }

func TestStartReportsIncorrectDefinitions(t *testing.T) {
	for want, f := range map[string]func(){
		"no task is defined":                                    func() {},
		`task "a" at define_test.go:`:                           func() { Define[int, int]("a", nil) },
		"the function is nil":                                   func() { Define[int, int]("a", nil) },
		"function is nil":                                       func() { DefineWith("a", nil, func(context.Context, int, int) (int, error) { return 0, nil }) },
		"a task needs a name":                                   func() { Define("", in[int]) },
		"already defined at define_te":                          func() { Define("a", in[int]); Define("a", in[string]) },
		"defined while the program ru":                          func() { Define("a", in[int]) },
		"inputs can't be sent to a worker: chan int is a chan":  func() { Define("a", in[chan int]) },
		"results can't be sent from a worker: func() is a func": func() { Define("a", out[func()]) },
		"[]procpool.hidden[…]._ is unexported":                  func() { Define("a", in[[]hidden]) },
		"interface {} is an interface: name a concrete type":    func() { Define("a", in[any]) },
		"procpool.nothing has no fields: use struct{}":          func() { Define("a", in[nothing]) },
		"map[string]struct {}[…] is a struct without fields":    func() { Define("a", in[map[string]struct{}]) },
		"procpool.noted.Notes[…][…] is a chan":                  func() { Define("a", in[noted]) },
		"a key of map[procpool.hidden]int._ is unexported":      func() { Define("a", in[map[hidden]int]) },
		`task "b" at define_test.go:`:                           func() { Define("a", in[int]); Define("b", in[chan int]) },
	} {
		err := withTasks(t, f)
		if err == nil || !strings.HasPrefix(err.Error(), "procpool: start: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	if err := sendablePart(reflect.TypeFor[*recursor](), "", map[reflect.Type]bool{}); err != nil {
		t.Errorf("a recursive type: got error %v, want nil", err)
	}
}

func TestStartReportsIncorrectSettings(t *testing.T) {
	for want, start := range map[string]func() (*Pool, error){
		"0 workers: a pool needs at least 1":       func() (*Pool, error) { return Start(t.Context(), 0) },
		"-3 workers: ":                             func() (*Pool, error) { return Start(t.Context(), -3) },
		"257 workers: a pool may have at most 256": func() (*Pool, error) { return Start(t.Context(), 257) },
		"retries: -1 is negative":                  func() (*Pool, error) { return Start(t.Context(), 1, Retries(-1)) },
		"task time-out: 0s is not positive":        func() (*Pool, error) { return Start(t.Context(), 1, TaskTimeout(0)) },
		"output: a writer is nil":                  func() (*Pool, error) { return Start(t.Context(), 1, Output(nil, os.Stderr)) },
	} {
		p, err := start()
		if err == nil {
			p.Kill()
		}
		if err == nil || !strings.HasPrefix(err.Error(), "procpool: start: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func TestAPoolThatCannotStartAllItsWorkersLeavesNone(t *testing.T) {
	cmd := exec.Command("sh", "-c", `ulimit -n 40; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), partVariable+"=many")
	said, _ := cmd.CombinedOutput() // returns when no worker holds the pipe any more
	if !strings.Contains(string(said), "too many open files: a worker takes 5 of them: start fewer, or raise the limit with ulimit -n") {
		t.Errorf("printed %q, want the error and its remedy", said)
	}
}

// Each of these programs shows a rule of the package documentation.
func TestPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	for name, want := range map[string]string{
		"plain":    "worker-1: main doesn't run here\n9 <nil>\n",
		"in-main":  "procpool: start: task \"late\" at main.go:13: defined while the program runs: define tasks in package variables, where workers find them\n",
		"variable": "42 <nil> 1\n",
		"at-start": "worker-1: procpool: start: this worker is still initializing: start pools in main, not in package variables\nprocpool: start: worker-1 is not ready: the worker ended: exit status 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), "go", "run", "./"+filepath.Join("testdata", name)).CombinedOutput()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if string(out) != want {
				t.Errorf("got %s\nwant %s", out, want)
			}
		})
	}
}

func TestTheWorkersVariableAloneCreatesNoWorker(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerVariable+"=1")
	said, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(said), "unset it") {
		t.Errorf("exit status %d, output %q; want 2 and the remedy", code, said)
	}
}
