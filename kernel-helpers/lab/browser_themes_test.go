//go:build browser

package lab_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A person looks at these; the test only sees that both can be made.
func TestTheFirstNotebookCanBeSeenInLightAndDark(t *testing.T) {
	folder := os.Getenv("SPEEDUP_SHOTS")
	if folder == "" {
		t.Skip("set SPEEDUP_SHOTS to a folder to get the pictures")
	}
	const first = "00-start-here.ipynb"
	content, err := os.ReadFile(filepath.Join(checkout(), "notebooks", first))
	if err != nil {
		t.Fatal(err)
	}
	page := openPage(t, 2*time.Minute)
	page.evaluate("hide the file browser", "jupyterapp.shell.collapseLeft()")
	notebook := page.open(place(t, first, content))
	for name, theme := range map[string]string{"light": "JupyterLab Light", "dark": "JupyterLab Dark"} {
		notebook.evaluate("choose the theme", "jupyterapp.commands.execute('apputils:change-theme', {theme: "+quoted(theme)+"})")
		notebook.await("the theme "+theme, "document.body.dataset.jpThemeName === "+quoted(theme), 10*time.Second)
		notebook.wholeScreenshot(filepath.Join(folder, "00-"+name+".png"))
	}
}
