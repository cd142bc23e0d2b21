//go:build browser

package lab_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
	"github.com/chromedp/chromedp"
)

func TestPicturesAreVisibleInNbconvertsHTML(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(checkout(), "notebooks", "*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got no notebooks, error %v", filepath.Join(checkout(), "notebooks"), err)
	}
	committed, all := map[string]int{}, 0
	for _, file := range files {
		committed[file] = picturesInOutputs(t, file)
		all += committed[file]
	}
	if all == 0 {
		t.Fatal("got no notebook with a picture, want at least one")
	}
	folder := convertToHTML(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ipynb")
		t.Run(name, func(t *testing.T) {
			tab := openTab(t, time.Minute)
			address := url.URL{Scheme: "file", Path: filepath.Join(folder, name+".html")}
			tab.do("load the HTML", chromedp.Navigate(address.String()))

			shown := read[[]picture](tab, `[...document.querySelectorAll(".jp-OutputArea-output img")].map(img => ({
				alt: img.alt, source: img.src.slice(0, 60), width: img.naturalWidth, visible: img.checkVisibility()}))`)
			if len(shown) != committed[file] {
				t.Errorf("got %d pictures of outputs in the HTML, want %d as in the notebook", len(shown), committed[file])
			}
			for i, picture := range shown {
				if picture.Width == 0 || !picture.Visible {
					t.Errorf("picture %d is not visible (%d pixels wide, visible: %t): %s…", i+1, picture.Width, picture.Visible, picture.Source)
				}
				if picture.Alt == "" || strings.HasPrefix(picture.Alt, "No description") { // nbconvert's default
					t.Errorf("picture %d has no alt text: %s…", i+1, picture.Source)
				}
			}
			t.Logf("%d pictures", len(shown))
		})
	}
}

// convertToHTML converts notebooks with nbconvert and returns the folder with
// the pages.
func convertToHTML(t *testing.T, files []string) string {
	t.Helper()
	folder, err := os.MkdirTemp(fixture.server.Dir, "html")
	if err != nil {
		t.Fatal(err)
	}
	jupyter := filepath.Join(checkout(), ".venv", "bin", "jupyter")
	convert := exec.CommandContext(t.Context(), jupyter, append([]string{"nbconvert", "--to", "html", "--output-dir", folder}, files...)...)
	convert.Dir, convert.Env = folder, fixture.server.environment()
	if output, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", convert.Args[:4], err, output)
	}
	return folder
}

// picturesInOutputs counts the pictures in the outputs of a notebook file.
func picturesInOutputs(t *testing.T, file string) int {
	t.Helper()
	read, err := ipynb.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, cell := range read.Cells() {
		for _, output := range cell.Outputs() {
			html, _ := output.MimeText("text/html")
			count += strings.Count(html, "<img ")
		}
	}
	return count
}
