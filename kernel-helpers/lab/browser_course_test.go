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
		t.Fatalf("no notebooks in %s (%v)", filepath.Join(checkout(), "notebooks"), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			page := openPage(t, 5*time.Minute)

			// As committed: nobody has signed it here.
			notebook := page.open(place(t, filepath.Base(file), content))
			notebook.pictures()

			notebook.runAll(3 * time.Minute)
			reportFailures(t, notebook.cells())
			shown := notebook.pictures()
			if t.Failed() {
				return // the screenshot shows the run
			}
			notebook.saveAndClose()

			reopened := page.open(notebook.path)
			if again := reopened.pictures(); len(again) != len(shown) {
				t.Errorf("after saving and reopening: %d pictures, before: %d", len(again), len(shown))
			}
			if !trusted(reopened.cells()) {
				t.Errorf("JupyterLab doesn't trust the notebook that it ran itself")
			}
			reopened.saveAndClose()

			stranger := page.open(placeUntrusted(t, notebook.path))
			if again := stranger.pictures(); len(again) != len(shown) {
				t.Errorf("reopened untrusted: %d pictures, before: %d", len(again), len(shown))
			}
			if len(shown) > 0 && trusted(stranger.cells()) {
				t.Errorf("JupyterLab trusts the changed copy, so nothing is shown about an untrusted one")
			}
			t.Logf("%d cells, %d pictures", len(stranger.cells()), len(shown))
		})
	}
}

// reportFailures fails for every cell that didn't run, and for every error
// output that its cell doesn't announce.
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

// trusted reports whether JupyterLab would run scripts in every cell's outputs.
func trusted(cells []cell) bool {
	return !slices.ContainsFunc(cells, func(c cell) bool { return c.Kind == "code" && !c.Trusted })
}
