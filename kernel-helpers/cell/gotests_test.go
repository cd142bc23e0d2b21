package cell_test

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/programtest"
)

// TestProgramsOfGosOwnTestsBehaveAsWithGoRun takes the programs in GOROOT/test
// that are marked "// run" and composes each as one cell, as a cell of
// declarations and one with func main, and as a cell of declarations and one
// with a body. All must print and exit as the program itself. SPEEDUP_LONG=1
// takes all of them instead of a sample.
func TestProgramsOfGosOwnTestsBehaveAsWithGoRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	all := programtest.Programs(t)
	programs := longtest.Pick(programtest.Sample(all, 12), all)
	for _, some := range programtest.Chunks(programs) {
		compareWays(t, some)
	}
	t.Logf("%d programs", len(programs))
}

// compareWays builds and runs all ways of some programs. Their files are gone
// when it returns.
func compareWays(t *testing.T, programs []programtest.Program) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sources := make(map[string]string)
	for i, p := range programs {
		sources[fmt.Sprintf("p%d-program", i)] = p.Text
		for how, cells := range p.Cells() {
			sources[fmt.Sprintf("p%d-%s", i, how)] = compose(t, p.Name, cells...)
		}
	}
	programtest.Build(t, dir, sources)
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, p := range programs {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			want := programtest.Run(t, dir, fmt.Sprintf("p%d-program", i))
			for how := range p.Cells() {
				if got := programtest.Run(t, dir, fmt.Sprintf("p%d-%s", i, how)); got != want {
					t.Errorf("%s as %s: got %s, want %s", p.Name, how, got, want)
				}
			}
		})
	}
	group.Wait()
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
