//go:build browser || notebooks

package lab_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
)

// committedNotebooks returns the notebooks of the course by name, and the names
// in the order in which a reader opens them.
func committedNotebooks(t *testing.T) (notebooks map[string]*ipynb.Notebook, names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "notebooks", "[0-9][0-9]-*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks found: %v", err)
	}
	notebooks = map[string]*ipynb.Notebook{}
	for _, file := range files {
		if notebooks[filepath.Base(file)], err = ipynb.Read(file); err != nil {
			t.Fatal(err)
		}
	}
	return notebooks, slices.Sorted(maps.Keys(notebooks))
}

// showsRecord matches what a cell calls to show what notebooks have recorded.
var showsRecord = regexp.MustCompile(`\btiming\.(Table|Chart|Predictions|Summary|Once)\(`)

// compare compares the outputs' shapes of a notebook as committed and as run
// again: kinds, counts and printed structure, not times. If the notebooks before it
// have not run in its folder, only the kinds count of what shows their records.
func compare(t *testing.T, committed, again *ipynb.Notebook, inOrder bool) {
	t.Helper()
	if got, want := len(again.Cells()), len(committed.Cells()); got != want {
		t.Fatalf("got %d cells, want the %d that are committed", got, want)
	}
	for i, cell := range committed.Cells() {
		shape := ipynb.Shape
		if cell.HasTag("varies") || !inOrder && showsRecord.MatchString(cell.Source()) {
			shape = kinds // the output depends on chance or on other notebooks, which is what the cell shows
		}
		if want, got := shape(cell.Outputs()), shape(again.Cells()[i].Outputs()); got != want {
			t.Errorf("cell %d (%s): the outputs differ. got\n%s\nwant, as committed,\n%s", i+1, cell.ID(), got, want)
		}
	}
}

// kinds returns the kinds of the outputs.
func kinds(outputs []ipynb.Output) string {
	found := map[string]bool{}
	for _, o := range outputs {
		found[o.Type+" "+o.Name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), "\n")
}
