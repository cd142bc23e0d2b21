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

// TestNotebooksRunAgainAsCommitted runs copies of all notebooks, in order and
// in one folder as a reader does. It compares the shape of the outputs with
// that of the committed ones: kinds, counts and printed structure, but not
// times.
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
			shape = kinds // the output depends on chance, which is what the cell shows
		}
		if was, is := shape(cell.Outputs()), shape(again[i].Outputs()); was != is {
			t.Errorf("cell %d (%s): the outputs differ. got\n%[4]s\nwant, as committed,\n%[3]s", i+1, cell.ID(), was, is)
		}
	}
}

// kinds returns the kinds of the outputs.
func kinds(outputs []notebook.Output) string {
	found := map[string]bool{}
	for _, o := range outputs {
		found[o.Type+" "+o.Name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), "\n")
}
