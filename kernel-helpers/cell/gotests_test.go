package cell_test

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
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/cell"
)

// differ are programs of Go's own tests that behave differently as cells, with
// the reason.
var differ = map[string]string{
	"devirtualization_nil_panics.go": "it looks for its lines in the file that runtime.Caller names",
	"fixedbugs/issue14646.go":        "it checks the line that runtime.Caller names",
	"fixedbugs/issue18149.go":        "its own //line directive names its file",
	"fixedbugs/issue22662.go":        "it checks the places that its own //line directives name",
	"fixedbugs/issue5856.go":         "it checks the name of its file",
	"fixedbugs/issue29504.go":        "it checks the lines of its own traceback",
}

// TestProgramsOfGosOwnTestsBehaveAsWithGoRun takes the programs in GOROOT/test
// that are marked "// run" and composes each as one cell, as a cell of
// declarations and one with func main, and as a cell of declarations and one
// with a body. All must print and exit as the program itself. SPEEDUP_LONG=1
// takes all of them instead of a sample.
func TestProgramsOfGosOwnTestsBehaveAsWithGoRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	programs := goTestPrograms(t)
	if os.Getenv("SPEEDUP_LONG") == "" {
		programs = sample(programs, 12)
	}
	for some := range slices.Chunk(programs, 40) {
		compareWays(t, some)
	}
	t.Logf("%d programs", len(programs))
}

// compareWays builds and runs all ways of some programs. Their files are gone
// when it returns.
func compareWays(t *testing.T, programs []string) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	writeFile(t, filepath.Join(dir, "go.mod"), "module gotests\n\ngo 1.26\n")
	ways := make([]map[string]string, len(programs))
	for i, name := range programs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		ways[i] = waysOf(t, name, string(text))
		for how, source := range ways[i] {
			writeFile(t, filepath.Join(dir, fmt.Sprintf("p%d-%s", i, how), "main.go"), source)
		}
	}
	buildAll(t, dir)
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range programs {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			rel, _ := filepath.Rel(goTests(), name)
			want := runProgram(t, filepath.Join(dir, "bin", fmt.Sprintf("p%d-program", i)))
			for how := range ways[i] {
				got := runProgram(t, filepath.Join(dir, "bin", fmt.Sprintf("p%d-%s", i, how)))
				if got != want && differ[filepath.ToSlash(rel)] == "" {
					t.Errorf("%s as %s: got\n%.500s\nwant\n%.500s", rel, how, got, want)
				}
			}
		})
	}
	group.Wait()
}

// goTests returns the folder of Go's own tests. Some distributions leave it out.
func goTests() string {
	//lint:ignore SA1019 The Go that runs this test has its tests there, if any.
	return filepath.Join(runtime.GOROOT(), "test")
}

// goTestPrograms returns the paths of the programs marked "// run" that this
// system can build.
func goTestPrograms(t *testing.T) (paths []string) {
	t.Helper()
	root := goTests()
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
		match, err := build.Default.MatchFile(filepath.Dir(name), filepath.Base(name))
		if match && !bytes.Contains(text, []byte(`import "C"`)) {
			paths = append(paths, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// sample returns n of a list, evenly spread.
func sample(all []string, n int) (some []string) {
	for i := range n {
		some = append(some, all[i*len(all)/n])
	}
	return slices.Compact(some)
}

// waysOf returns the sources of a program and of the programs that are composed
// of it as cells, by how it was divided.
func waysOf(t *testing.T, name, text string) map[string]string {
	t.Helper()
	ways := map[string]string{"program": text, "cell": compose(t, name, text)}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return ways
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != "main" || f.Body == nil {
			continue
		}
		start, end := fset.PositionFor(f.Pos(), false).Offset, fset.PositionFor(f.End(), false).Offset
		body := text[fset.PositionFor(f.Body.Lbrace, false).Offset+1 : end-1]
		declarations := text[:start] + text[end:]
		ways["main"] = compose(t, name, declarations, text[start:end])
		ways["body"] = compose(t, name, declarations, "%%\n"+body)
	}
	return ways
}

// compose returns the program of the last of some cells.
func compose(t *testing.T, name string, cells ...string) string {
	t.Helper()
	d := &cell.Declarations{}
	var source []byte
	for i, text := range cells {
		c, err := cell.Split(text)
		if err != nil {
			t.Errorf("%s: cell %d: %v", name, i+1, err)
			return "package main\n"
		}
		d = d.Add(c, i+1, "", nil)
		source = cell.NewProgram("main.go", d, c, i+1).Source()
	}
	return string(source)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
}

// buildAll builds each folder's program into bin. A program that can't be built
// is missing there.
func buildAll(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-w", "-o", "bin/", "./...")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("go build: %v\n%s", err, out)
	}
}

// runProgram returns what a program prints and how it exits.
func runProgram(t *testing.T, program string) string {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // nosplit.go builds programs
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = goTests()
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.String() + stderr.String()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Sprintf("%s%v", stdout.String(), exit.ProcessState)
	}
	return err.Error()
}
