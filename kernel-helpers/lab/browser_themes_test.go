//go:build browser

package lab_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// If SPEEDUP_SHOTS names a folder, the test saves pictures of both themes
// there.
func TestPicturesAreVisibleInBothThemes(t *testing.T) {
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
		notebook.pictures()
		if folder := os.Getenv("SPEEDUP_SHOTS"); folder != "" {
			if err := screenshot(page.ctx, filepath.Join(folder, "00-"+name+".png")); err != nil {
				t.Errorf("screenshot in %s: %v", theme, err)
			}
		}
	}
}
