//go:build browser

package lab_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/timeline"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// This opens the file that timeline.Save("run.html") writes, in a browser
// without network access.
func TestASavedRunZoomsAndShowsDetails(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(checkout(), "kernel-helpers", "timeline", "testdata", "pool.trace"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := timeline.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "run.html")
	if err := os.WriteFile(file, run.HTML("A pool"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := openTab(t, time.Minute)
	address := url.URL{Scheme: "file", Path: file}
	tab.do("load the page", chromedp.Navigate(address.String()))
	if got := read[string](tab, `document.querySelector("h1").textContent`); got != "A pool" {
		t.Errorf("heading: got %q, want A pool", got)
	}

	// spot is the middle of the longest wait in the second lane.
	const spot = `(() => {
		const box = canvas.getBoundingClientRect(), lane = lanes[1];
		const span = lane.spans.reduce((a, b) => b[1] - b[0] > a[1] - a[0] ? b : a);
		return { label: lane.label, state: data.states[span[2]][0],
			x: box.left + left + ((span[0] + span[1]) / 2 - from) / (to - from) * (canvas.clientWidth - left - 12),
			y: box.top + top_ + 1.4 * height - scroll };
	})()`
	at := read[struct {
		Label, State string
		X, Y         float64
	}](tab, spot)
	tab.do("point at a span", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	tab.await("the details", `tip.style.display === "block"`, 5*time.Second)
	if got := read[string](tab, "tip.textContent"); !strings.HasPrefix(got, at.Label+"\n"+at.State+" for ") {
		t.Errorf("at the pointer: want the details of %s of %s, got %q", at.State, at.Label, got)
	}

	whole := read[float64](tab, "to - from")
	if whole != float64(run.Wall()) {
		t.Errorf("got a range of %v ns, want %v", whole, run.Wall())
	}
	up := func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 1, -200 } // the protocol requires both, but 0 is not sent
	tab.do("turn the wheel", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, at.X, at.Y, up))
	tab.await("a smaller range", fmt.Sprintf("to - from < %v", 0.8*whole), 5*time.Second)
	under := read[float64](tab, fmt.Sprintf("%s.x", spot))
	if under < at.X-2 || under > at.X+2 {
		t.Errorf("the point below the pointer at %.0f is at %.0f after zooming, want the same", at.X, under)
	}
	tab.do("reset the zoom", chromedp.MouseClickXY(at.X, at.Y), chromedp.KeyEvent("0"))
	tab.await("the whole run", fmt.Sprintf("to - from === %v", whole), 5*time.Second)

	if loaded := read[int](tab, `performance.getEntriesByType("resource").length`); loaded != 0 {
		t.Errorf("the page loaded %d other files, want none", loaded)
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if len(tab.console) > 0 {
		t.Errorf("got console messages, want none: %s", strings.Join(tab.console, "\n"))
	}
}
