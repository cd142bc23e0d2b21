package cellbuild

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A place is a folder as a kernel has it, with a library module beside it in
// the same workspace.
type place struct {
	t       *testing.T
	b       *Builder
	dir     string
	library string
	out     string
}

// flagsInTests omit the build ID, which is the only permitted difference.
const flagsInTests = "'-ldflags=-w -buildid='"

// newPlace creates a place. Its workspace contains the library, with these
// files, and other modules.
func newPlace(t *testing.T, library map[string]string, others ...string) *place {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds programs")
	}
	if !canTrack {
		t.Skip("builders do nothing on this system")
	}
	top := t.TempDir()
	p := &place{t: t, library: filepath.Join(top, "library")}
	t.Setenv("GOFLAGS", flagsInTests)
	t.Setenv("GOPROXY", "off")
	for _, name := range []string{"GOENV", "GOWORK", "GOROOT", "GODEBUG", Setting} {
		t.Setenv(name, "")
	}
	p.write("go.mod", "module example.com/library\n\ngo 1.26\n")
	for name, text := range library {
		p.write(name, text)
	}
	return p.kernel("gonb_test", others...)
}

// kernel returns a place for another kernel with the same library.
func (p *place) kernel(name string, others ...string) *place {
	p.t.Helper()
	dir := filepath.Join(filepath.Dir(p.library), name)
	k := &place{t: p.t, b: New(dir), dir: dir, library: p.library, out: filepath.Join(dir, "program")}
	k.writeTo(dir, "go.mod", "module "+name+"\n\ngo 1.26\n")
	use := ""
	for _, folder := range append(others, ".", p.library) {
		use += fmt.Sprintf("use %q\n", folder)
	}
	k.writeTo(dir, "go.work", "go 1.26.0\n"+use)
	return k
}

func (p *place) writeTo(dir, name, text string) {
	p.t.Helper()
	name = filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

// write writes a file of the library.
func (p *place) write(name, text string) {
	p.t.Helper()
	p.writeTo(p.library, name, text)
}

// settle waits until a change would show in the times of all files.
func (p *place) settle() {
	for now := time.Now(); time.Since(now) < clockStep; {
		time.Sleep(clockStep / 10)
	}
}

func combined(cmd *exec.Cmd) ([]byte, error) { return cmd.CombinedOutput() }

// goBuild builds main.go with go build, watched or not.
func (p *place) goBuild(watched bool, flags ...string) (output string, err error) {
	p.t.Helper()
	args := []string{"build", "-o", p.out}
	done := func() error { return nil }
	if watched {
		var watching []string
		watching, done = p.b.Watch(flags, combined)
		args = append(args, watching...)
	}
	cmd := exec.Command("go", append(args, flags...)...)
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		if err := done(); err != nil {
			p.t.Log("watching failed:", err)
		}
	}
	return string(out), err
}

// cell does what a kernel does: it builds text, runs the program, and returns
// its output or go build's errors.
func (p *place) cell(text string, flags ...string) (printed string, fast bool) {
	p.t.Helper()
	p.writeTo(p.dir, source, text)
	err := p.b.Build(p.out, flags, combined)
	if fast = err == nil; !fast {
		p.t.Log(err)
		if out, err := p.goBuild(true, flags...); err != nil {
			return out, false
		}
	}
	return p.run(), fast
}

// run runs the program and returns its output.
func (p *place) run() string {
	p.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(p.out, "argument")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			p.t.Fatal(err)
		}
		fmt.Fprintln(&out, err)
	}
	return out.String()
}

// warm makes the builder ready for programs like text.
func (p *place) warm(text string, flags ...string) {
	p.t.Helper()
	for range 3 {
		p.settle()
		if printed, fast := p.cell(text, flags...); fast {
			return
		} else if strings.HasPrefix(printed, "# ") {
			p.t.Fatal(printed)
		}
	}
	p.t.Fatal("the builder doesn't get ready")
}

// mainWith returns a program with these imports and statements.
func mainWith(statements string, imports ...string) string {
	var b strings.Builder
	b.WriteString("package main\n\n")
	for _, path := range imports {
		fmt.Fprintf(&b, "import %q\n", path)
	}
	fmt.Fprintf(&b, "\nfunc main() {\n\t%s\n}\n", statements)
	return b.String()
}
