//go:build browser

package lab_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// TestTheBookIsReadableOnAPhone makes the site and visits its pages. It needs a minute
// or two, and Jupyter Book.
func TestTheBookIsReadableOnAPhone(t *testing.T) {
	if !longtest.Pick(false, true) {
		t.Skip("SPEEDUP_LONG=1 makes the site")
	}
	make := exec.CommandContext(t.Context(), filepath.Join(checkout(), "install.sh"), "book", "--repository", "https://github.com/example/speedup")
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("./install.sh book: %v\n%s", err, out)
	}
	site := filepath.Join(checkout(), ".lab", "book", "site", "_build", "html")
	pages, err := filepath.Glob(filepath.Join(site, "notebooks", "*.html"))
	if err != nil || len(pages) < 12 {
		t.Fatalf("got the pages %q, error %v; want 12", pages, err)
	}
	for _, file := range append(pages, filepath.Join(site, "notebooks", "teaching", "glossary.html")) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tab := openTab(t, time.Minute)
			tab.do("be a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
			address := url.URL{Scheme: "file", Path: file}
			tab.do("load the page", chromedp.Navigate(address.String()))
			tab.evaluate("open what is folded", `document.querySelectorAll("details").forEach(d => { d.open = true })`)

			if width := read[int](tab, `document.documentElement.scrollWidth`); width > 390 {
				t.Errorf("the page is %d pixels wide, want at most 390", width)
			}
			missing := `(async () => {
				const images = [...document.images].filter(i => i.checkVisibility());
				images.forEach(i => { i.loading = "eager" });
				await Promise.all(images.map(i => i.decode().catch(() => {})));
				return images.filter(i => i.naturalWidth == 0).map(i => i.src.slice(0, 80));
			})()`
			broken, err := chromedp.Run(tab.ctx, chromedp.Evaluate[[]string](missing, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatalf("load all pictures: %v", err)
			}
			if len(broken) > 0 {
				t.Errorf("got the pictures %q, which cannot be shown", broken)
			}
			for _, link := range read[[]string](tab, `[...document.querySelectorAll("a[href]")].map(a => a.href)`) {
				u, err := url.Parse(link)
				if err != nil {
					t.Errorf("link %s: %v", link, err)
				} else if u.Scheme == "file" {
					if _, err := os.Stat(u.Path); err != nil {
						t.Errorf("link %s: %v", link, err)
					}
				}
			}
			dead := read[[]string](tab, `[...document.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute("href").slice(1))).filter(id => id && !document.getElementById(id))`)
			if len(dead) > 0 {
				t.Errorf("got links to %q of this page, which it does not have", dead)
			}
			if n := read[int](tab, `document.querySelectorAll("nav.bd-links a, .bd-sidebar-primary a").length`); n < 12 {
				t.Errorf("got %d links in the contents, want at least 12", n)
			}
		})
	}
}
