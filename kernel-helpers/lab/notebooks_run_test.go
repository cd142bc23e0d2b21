//go:build notebooks

package lab

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// TestNotebooksRunAgainAsCommitted runs copies of all notebooks, in order and in
// one folder as a reader does, and compares the shape of the outputs with what
// is committed: kinds, counts and printed structure, not times.
func TestNotebooksRunAgainAsCommitted(t *testing.T) {
	dir := t.TempDir()
	committed := courseNotebooks(t)
	names := slices.Sorted(maps.Keys(committed))
	nbrun, err := filepath.Abs(filepath.Join("..", "..", "bin", "nbrun"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), committed[name].Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.CommandContext(t.Context(), nbrun, append([]string{"--inplace", "--kernel", "gonb"}, names...)...)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("nbrun: %v\n%s", err, out)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			again, err := notebook.Read(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, committed[name].Cells(), again.Cells())
		})
	}
}

func compare(t *testing.T, committed, again []*notebook.Cell) {
	t.Helper()
	for i, cell := range committed {
		shape := notebook.Shape
		if cell.HasTag("varies") {
			shape = kinds // what it prints is the chance of the run: the cell's point
		}
		if was, is := shape(cell.Outputs()), shape(again[i].Outputs()); was != is {
			t.Errorf("cell %d (%s) has other outputs now.\ncommitted:\n%s\nnow:\n%s", i+1, cell.ID(), was, is)
		}
	}
}

// kinds names the kinds of outputs alone.
func kinds(outputs []notebook.Output) string {
	found := map[string]bool{}
	for _, o := range outputs {
		found[o.Type+" "+o.Name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), "\n")
}
