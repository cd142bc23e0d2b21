// Package programtest builds and runs programs for tests, among them those in
// GOROOT/test that Go marks "// run", as cells of a notebook. It also checks out an
// earlier revision, whose programs a benchmark builds.
package programtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// differ are programs that behave differently as cells, with the reason. All
// check their own file or lines, which are those of cells.
var differ = map[string]string{
	"devirtualization_nil_panics.go": "it looks for its lines in the file that runtime.Caller names",
	"fixedbugs/issue14646.go":        "it checks the line that runtime.Caller names",
	"fixedbugs/issue18149.go":        "its own //line directive names its file",
	"fixedbugs/issue22662.go":        "it checks the places that its own //line directives name",
	"fixedbugs/issue29504.go":        "it checks the lines of its own traceback",
	"fixedbugs/issue5856.go":         "it checks the name of its file",
}

// Program is one of Go's own test programs.
type Program struct {
	Name string // its path below the folder of all programs
	Text string
}

// Dir returns the folder of the programs, in which they must be run.
func Dir() string {
	//lint:ignore SA1019 The Go that runs this test has its tests there, if any.
	return filepath.Join(runtime.GOROOT(), "test")
}

// Programs returns all programs that this system can build and that behave the
// same as cells. Some distributions of Go leave them out: then it skips the test,
// but in CI the test fails.
func Programs(t testing.TB) (programs []Program) {
	t.Helper()
	root := Dir()
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("this Go has no tests of its own: ", err)
		}
		t.Skip("this Go has no tests of its own: ", err)
	}
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.Contains(name, ".dir"+string(filepath.Separator)) {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if first, _, _ := strings.Cut(string(text), "\n"); strings.TrimSpace(first) != "// run" {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || differ[filepath.ToSlash(rel)] != "" {
			return err
		}
		match, err := build.Default.MatchFile(filepath.Dir(name), filepath.Base(name))
		if match && !bytes.Contains(text, []byte(`import "C"`)) {
			programs = append(programs, Program{filepath.ToSlash(rel), string(text)})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

// Sample returns n of the programs, evenly spread.
func Sample(programs []Program, n int) (some []Program) {
	for i := range min(n, len(programs)) {
		some = append(some, programs[i*len(programs)/n])
	}
	return some
}

// Cells returns the program as the cells of notebooks: "cell" is one cell, "main"
// a cell of declarations and one with func main, "body" a cell of declarations
// and one with the body of main. Without a func main of its own there is only
// the first.
func (p Program) Cells() map[string][]string {
	ways := map[string][]string{"cell": {p.Text}}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p.Name, p.Text, parser.ParseComments)
	if err != nil {
		return ways
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != "main" || f.Body == nil {
			continue
		}
		offset := func(p token.Pos) int { return fset.PositionFor(p, false).Offset }
		start, end := offset(f.Pos()), offset(f.End())
		declarations := p.Text[:start] + p.Text[end:]
		ways["main"] = []string{declarations, p.Text[start:end]}
		ways["body"] = []string{declarations, "%%\n" + p.Text[offset(f.Body.Lbrace)+1:end-1]}
	}
	return ways
}

// Build builds programs, given by name, into folder/bin. A program that can't be
// built is missing there.
func Build(t testing.TB, folder string, programs map[string]string) {
	t.Helper()
	write := func(name, text string) error {
		return errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666))
	}
	err := errors.Join(os.MkdirAll(filepath.Join(folder, "bin"), 0o777), write(filepath.Join(folder, "go.mod"), "module programs\n\ngo 1.26\n"))
	for name, text := range programs {
		err = errors.Join(err, write(filepath.Join(folder, name, "main.go"), text))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-w", "-o", "bin/", "./...")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("go build: %v\n%s", err, out)
	}
}

// Outcome is what a program printed and how it ended: "" or "exit status 2".
// What a program that fails writes to stderr has places and addresses, so it is
// left out.
type Outcome struct{ Stdout, Stderr, Exit string }

func (o Outcome) String() string {
	return fmt.Sprintf("stdout %.300q, stderr %.300q, %q", o.Stdout, o.Stderr, o.Exit)
}

// Run runs the program that Build has made of the one with a name.
func Run(t testing.TB, folder, name string) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // nosplit.go builds programs
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(folder, "bin", name))
	cmd.Dir = Dir()
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return Outcome{Stdout: stdout.String(), Exit: exit.ProcessState.String()}
	}
	if err != nil {
		return Outcome{Exit: err.Error()}
	}
	return Outcome{Stdout: stdout.String(), Stderr: stderr.String()}
}

// Chunks divides programs, so that not all of their binaries are on the disk at
// once.
func Chunks(programs []Program) [][]Program { return slices.Collect(slices.Chunk(programs, 40)) }
