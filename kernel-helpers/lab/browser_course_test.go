//go:build browser

package lab_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
)

// TestEachNotebookRunsInJupyterLabAndKeepsItsPictures runs copies of the notebooks,
// in order and in one folder as a reader does: a third of them each day, and all in a
// long run. It compares the outputs that
// JupyterLab saves with those that are committed.
// Some cells show what earlier notebooks recorded, so -run with one notebook alone
// finds other outputs there.
func TestEachNotebookRunsInJupyterLabAndKeepsItsPictures(t *testing.T) {
	committed, names := committedNotebooks(t)
	folder, err := os.MkdirTemp(fixture.server.Root, "course")
	if err != nil {
		t.Fatal(err)
	}
	sample := longtest.Daily(3, names)
	inOrder := len(sample) == len(names)
	for _, name := range sample {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(folder, name)
			if err := os.WriteFile(file, committed[name].Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			page := openPage(t, 5*time.Minute)

			// Here the notebook is as committed, and not signed.
			notebook := page.open(filepath.Base(folder) + "/" + name)
			notebook.pictures()

			notebook.runAll(3 * time.Minute)
			reportFailures(t, notebook.cells())
			shown := notebook.pictures()
			if t.Failed() {
				return // the screenshot shows the failure
			}
			notebook.saveAndClose()
			again, err := ipynb.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, committed[name], again, inOrder)

			reopened := page.open(notebook.path)
			if kept := reopened.pictures(); len(kept) != len(shown) {
				t.Errorf("after saving and reopening: got %d pictures, want %d", len(kept), len(shown))
			}
			if !trusted(reopened.cells()) {
				t.Errorf("after saving and reopening: got an untrusted notebook, want a trusted one")
			}
			reopened.readAsALearner(committed[name])
			reopened.saveAndClose()

			stranger := page.open(placeUntrusted(t, notebook.path))
			if kept := stranger.pictures(); len(kept) != len(shown) {
				t.Errorf("reopened untrusted: got %d pictures, want %d", len(kept), len(shown))
			}
			if len(shown) > 0 && trusted(stranger.cells()) {
				t.Errorf("got a trusted copy, want an untrusted one")
			}
			stranger.folded()
			t.Logf("%d cells, %d pictures", len(stranger.cells()), len(shown))
		})
	}
}

// reportFailures reports every cell that did not run, and every error output of
// a cell without the tag raises-exception.
func reportFailures(t *testing.T, cells []cell) {
	t.Helper()
	for i, cell := range cells {
		if cell.Kind == "code" && cell.Count == 0 && strings.TrimSpace(cell.Source) != "" {
			t.Errorf("cell %d did not run:\n%s", i+1, cell.Source)
		}
		for _, output := range cell.Outputs {
			if output.Kind == "error" && !slices.Contains(cell.Tags, "raises-exception") {
				t.Errorf("cell %d failed: %s\n%s", i+1, output.Text, cell.Source)
			}
		}
	}
}

// trusted reports whether JupyterLab trusts the outputs of all code cells.
func trusted(cells []cell) bool {
	return !slices.ContainsFunc(cells, func(c cell) bool { return c.Kind == "code" && !c.Trusted })
}
