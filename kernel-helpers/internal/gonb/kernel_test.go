//go:build unix

package gonb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// tools are the programs that the tests run. They are built once for all tests.
type tools struct{ dir, patched, checkout, sources string }

var buildTools = sync.OnceValues(func() (tools, error) {
	goMod, err := run(context.Background(), "", "env", "GOMOD")
	if err != nil {
		return tools{}, err
	}
	dir, err := os.MkdirTemp("", "gonb-test-")
	if err != nil {
		return tools{}, err
	}
	b := tools{dir: dir, patched: filepath.Join(dir, "patched"), checkout: filepath.Dir(strings.TrimSpace(string(goMod)))}
	b.sources = SourcesOf(b.checkout, filepath.Join(dir, "sources"))
	if err := Build(context.Background(), Options{Folder: b.sources, Out: b.patched}); err != nil {
		return b, err
	}
	_, err = run(context.Background(), "", "build", "-o", dir, "golang.org/x/tools/cmd/goimports")
	return b, err
})

// buildStock builds GoNB as go.mod pins it, for the few runs that compare with it.
var buildStock = sync.OnceValues(func() (string, error) {
	b, err := buildTools()
	if err != nil {
		return "", err
	}
	program := filepath.Join(b.dir, "stock")
	_, err = run(context.Background(), "", "build", "-o", program, Module)
	return program, err
})

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // Most tests wait most of the time.
		panic(err)
	}
	status := m.Run()
	if !testing.Short() {
		if b, _ := buildTools(); b.dir != "" {
			os.RemoveAll(b.dir)
		}
	}
	os.Exit(status)
}

// session is a kernel under test.
type session struct {
	*jupyter.Kernel
	dir   string        // its working folder, and the first one on its PATH
	wait  time.Duration // how long to wait for something that should happen
	tries int           // how often to try what may succeed by luck

	answers []string // to a cell's next requests for input; without them, it can't ask
}

// start starts program as a kernel, with the scripts first on its PATH, and env
// added to its environment.
func start(t testing.TB, b tools, program string, wait time.Duration, tries int, scripts, env map[string]string) *session {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := strings.Join([]string{dir, b.dir, os.Getenv("PATH")}, string(os.PathListSeparator))
	argv := []string{program, "--kernel", "{connection_file}", "-go_work=" + b.checkout, "-raw_error=true"}
	if filepath.Base(program) == "gonb-kernel" {
		argv = []string{program, "--connection", "{connection_file}", "--go-work", b.checkout, "--gonb", b.patched}
	}
	spec := jupyter.Spec{
		Name: filepath.Base(program), Language: "go", InterruptMode: "message", Argv: argv,
		Env: map[string]string{"PATH": path, "GOFLAGS": "-ldflags=-w", "GOPROXY": "off"},
	}
	maps.Copy(spec.Env, env)
	k, err := jupyter.Start(t.Context(), spec, jupyter.StartOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Kill(); err != nil {
			t.Error(err)
		}
	})
	return &session{Kernel: k, dir: dir, wait: wait, tries: tries}
}

// cell is the outcome of a cell.
type cell struct {
	reply    jupyter.ExecuteReply
	out, err strings.Builder
	displays []display
}

func (c *cell) String() string {
	return fmt.Sprintf("status %s, ename %s, evalue %q", c.reply.Status, c.reply.EName, c.reply.EValue)
}

type display struct {
	MsgType string
	Data    map[string]string
}

// run runs a cell. see is called for each message.
func (s *session) run(ctx context.Context, code string, see func(jupyter.Message)) (*cell, error) {
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	var c cell
	var bad error
	var err error
	request := jupyter.ExecuteRequest{Code: code, StoreHistory: true}
	if s.answers != nil {
		request.Input = func(context.Context, string, bool) (answer string, err error) {
			if len(s.answers) == 0 {
				return "", errors.New("got a request for input, want no more")
			}
			answer, s.answers = s.answers[0], s.answers[1:]
			return answer, nil
		}
	}
	c.reply, err = s.Execute(ctx, request, func(m jupyter.Message) {
		if see != nil {
			see(m)
		}
		var content struct {
			Name, Text string
			Data       map[string]string
		}
		switch m.Header.MsgType {
		case "stream":
			bad = errors.Join(bad, m.Decode(&content))
			if content.Name == "stdout" {
				c.out.WriteString(content.Text)
			} else {
				c.err.WriteString(content.Text)
			}
		case "display_data", "update_display_data":
			bad = errors.Join(bad, m.Decode(&content))
			c.displays = append(c.displays, display{m.Header.MsgType, content.Data})
		}
	})
	return &c, errors.Join(err, bad)
}

// prints runs a cell that must succeed and print want.
func (s *session) prints(code, want string) error {
	c, err := s.run(context.Background(), code, nil)
	if err == nil && (c.reply.Status != "ok" || c.out.String() != want) {
		err = fmt.Errorf("%q: got %s, printed %.300q, want success and %.300q", code, c, c.out.String(), want)
	}
	return err
}

// interrupted runs a cell, interrupts it once when ready says so, and returns its
// outcome. It does not cancel Execute, which would give GoNB less time than s.wait.
func (s *session) interrupted(code string, ready func(jupyter.Message) bool) (*cell, error) {
	asked := false
	var refused error
	c, err := s.run(context.Background(), code, func(m jupyter.Message) {
		if asked || !ready(m) {
			return
		}
		asked = true
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		refused = s.Interrupt(ctx)
	})
	err = errors.Join(err, refused)
	switch {
	case !asked || err != nil:
		return c, fmt.Errorf("interrupt %q: got %s, %w", code, c, err)
	case c.reply.Status != "error" || c.reply.EName != "KeyboardInterrupt":
		return c, fmt.Errorf("interrupt %q: got %s, want KeyboardInterrupt", code, c)
	}
	return c, s.prints("%%\nfmt.Print(42)", "42")
}

// fault is one that a patch fixes.
type fault struct {
	patch   string
	name    string            // a sentence that is true with the patch
	scripts map[string]string // fakes of real programs, by name
	gopls   bool              // the real one is needed
	env     map[string]string
	check   func(s *session) error
}

func TestPatchedGoNBHasTheseFaultsNoMoreAndStockGoNBStillHas(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds GoNB and runs it")
	}
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	tested := make(map[string]bool)
	for _, f := range faults {
		if tested[f.patch+".patch"] && !f.gopls && !longtest.Pick(false, true) {
			continue // a sample: one fault of each patch, and what depends on gopls
		}
		tested[f.patch+".patch"] = true
		t.Run(f.patch+" "+f.name, func(t *testing.T) {
			t.Parallel()
			scripts := f.scripts
			if f.gopls {
				gopls, err := findGopls(b)
				if err != nil {
					t.Skip("gopls is not installed: ", err)
				}
				scripts = map[string]string{"gopls": fmt.Sprintf("echo $$ >>gopls.pids\nexec '%s' -rpc.trace -logfile \"${0%%/*}/gopls.log\" \"$@\"", gopls)}
			}
			// The order of the two does not matter. A stock kernel may hang.
			if err := f.check(start(t, b, b.patched, 5*time.Minute, 5, scripts, f.env)); err != nil {
				t.Error(err)
			}
			if !longtest.Pick(false, true) {
				return // stock GoNB changes only with go.mod's version of it
			}
			stock, err := buildStock()
			if err != nil {
				t.Fatal(err)
			}
			if err := f.check(start(t, b, stock, 2*time.Second, 50, scripts, f.env)); err == nil {
				t.Error("stock GoNB passes, want a failure: is the patch still needed?")
			} else {
				t.Log("stock GoNB: ", err)
			}
		})
	}
	patches, err := Patches()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if !tested[p.Name] {
			t.Errorf("%s: no test, want at least one", p.Name)
		}
	}
}

func findGopls(b tools) (string, error) {
	here := filepath.Join(b.checkout, "bin", "gopls")
	if _, err := os.Stat(here); err == nil {
		return here, nil
	}
	return exec.LookPath("gopls")
}
