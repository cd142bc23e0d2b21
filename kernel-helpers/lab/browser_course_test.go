//go:build browser

package lab_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachNotebookRunsInJupyterLabAndKeepsItsPictures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout(), "notebooks", "*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got no notebooks, error %v", filepath.Join(checkout(), "notebooks"), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			page := openPage(t, 5*time.Minute)

			// Here the notebook is as committed, and not signed.
			notebook := page.open(place(t, filepath.Base(file), content))
			notebook.pictures()

			notebook.runAll(3 * time.Minute)
			reportFailures(t, notebook.cells())
			shown := notebook.pictures()
			if t.Failed() {
				return // the screenshot shows the failure
			}
			notebook.saveAndClose()

			reopened := page.open(notebook.path)
			if again := reopened.pictures(); len(again) != len(shown) {
				t.Errorf("after saving and reopening: got %d pictures, want %d", len(again), len(shown))
			}
			if !trusted(reopened.cells()) {
				t.Errorf("after saving and reopening: got an untrusted notebook, want a trusted one")
			}
			reopened.saveAndClose()

			stranger := page.open(placeUntrusted(t, notebook.path))
			if again := stranger.pictures(); len(again) != len(shown) {
				t.Errorf("reopened untrusted: got %d pictures, want %d", len(again), len(shown))
			}
			if len(shown) > 0 && trusted(stranger.cells()) {
				t.Errorf("got a trusted copy, want an untrusted one")
			}
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
