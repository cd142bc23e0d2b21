//go:build browser

package lab_test

import (
	"html"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/speedup/kernel-helpers/base/longtest"
	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
)

// themes are JupyterLab's, by the names that screenshots have.
var themes = map[string]string{"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

// TestPicturesAreVisibleInBothThemes opens the first notebook as committed, and all of
// them in a long run. If SPEEDUP_SHOTS names a folder, it saves pictures of both themes
// there.
func TestPicturesAreVisibleInBothThemes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout(), "notebooks", "*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d notebooks, error %v", len(files), err)
	}
	page := openPage(t, longtest.Pick(2*time.Minute, 10*time.Minute))
	page.evaluate("hide the file browser", "jupyterapp.shell.collapseLeft()")
	for _, file := range longtest.Pick(files[:1], files) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		notebook := page.open(place(t, name, content))
		// Cells out of sight are rendered late: scroll up and down until all are.
		notebook.await("all of "+name+" to be rendered", "("+nextSight+" || document.querySelectorAll('.jp-WindowedPanel-outer').forEach(e => { e.scrollTop = 0 }), "+
			notebook.call("picturesLoaded")+")", time.Minute)
		for short, theme := range themes {
			notebook.evaluate("choose the theme", "jupyterapp.commands.execute('apputils:change-theme', {theme: "+quoted(theme)+"})")
			notebook.await("the theme "+theme, "document.body.dataset.jpThemeName === "+quoted(theme), 10*time.Second)
			notebook.pictures()
			keepShot(t, page, name[:2]+"-"+short)
		}
		notebook.evaluate("close it", "void "+notebook.call("close"))
	}
}

// TestTheReadmesPictureCanBeMadeAnew finds the two pictures of outputs that the
// README's picture shows. SPEEDUP_SHOTS names the folder for the new readme.png.
func TestTheReadmesPictureCanBeMadeAnew(t *testing.T) {
	page := "<body style='margin:12px;background:white;display:inline-block'>" +
		outputPicture(t, "02-pooled-goroutines.ipynb", "Forty downloads on a pool") + "<br>" +
		outputPicture(t, "03-fan-out.ipynb", "Speed-up against one after another")
	file := filepath.Join(t.TempDir(), "readme.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := openTab(t, time.Minute)
	tab.do("open the page", chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()))
	if n := read[int](tab, "[...document.images].filter(img => img.naturalWidth > 0).length"); n != 2 {
		t.Errorf("got %d pictures on the page, want 2", n)
	}
	folder := os.Getenv("SPEEDUP_SHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(tab.ctx, chromedp.Screenshot("body"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "readme.png"), png, 0o644); err != nil {
		t.Error(err)
	}
}

// outputPicture returns the <img> in the notebook's outputs whose alt text begins with
// a title.
func outputPicture(t *testing.T, name, title string) string {
	t.Helper()
	nb, err := ipynb.Read(filepath.Join(checkout(), "notebooks", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range nb.Cells() {
		for _, o := range c.Outputs() {
			page, _ := o.MimeText("text/html")
			for rest := page; ; {
				start := strings.Index(rest, "<img ")
				if start < 0 {
					break
				}
				img, after, closed := strings.Cut(rest[start:], ">")
				if closed && strings.Contains(html.UnescapeString(img), `alt="`+title) {
					return img + ">"
				}
				rest = after
			}
		}
	}
	t.Fatalf("%s: got no picture %q", name, title)
	return ""
}
