//go:build browser

package lab_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// This does what notebook 02 asks its reader to do: change the 5 to 20 and run
// the cell again.
func TestTheTimelineHasALaneForEachWorker(t *testing.T) {
	const pooled = "02-pooled-goroutines.ipynb"
	content, err := os.ReadFile(filepath.Join(checkout(), "notebooks", pooled))
	if err != nil {
		t.Fatal(err)
	}
	page := openPage(t, 2*time.Minute)
	notebook := page.open(place(t, pooled, content))
	const five, twenty = "pool(ctx, 5, urls[:40]", "pool(ctx, 20, urls[:40]"
	at := slices.IndexFunc(notebook.cells(), func(c cell) bool {
		return strings.Contains(c.Source, "timeline.Show(") && strings.Contains(c.Source, five)
	})
	if at < 0 {
		t.Fatalf("%s has no cell with the timeline of %s…", pooled, five)
	}
	source := notebook.cells()[at].Source

	notebook.runAbove(at, time.Minute)
	notebook.runByHand(at, time.Minute)
	reportFailures(t, notebook.cells()[:at+1])
	if got := notebook.workerLanes(at); !slices.Equal(got, workers(5)) {
		t.Errorf("with %s: got the lanes %q, want 5 workers", five, got)
	}

	notebook.evaluate("go to the timeline's cell", notebook.call("select", at))
	notebook.click("the editor's first line", activeEditor+" .cm-line:first-child")
	number := strings.Index(source, five) + strings.Index(five, "5")
	notebook.do("type 20 instead of 5",
		chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(strings.Repeat(kb.ArrowRight, number)),
		chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent("20"))
	if got, want := notebook.cells()[at].Source, strings.Replace(source, five, twenty, 1); got != want {
		t.Fatalf("the edited cell: got\n%s\nwant\n%s", got, want)
	}
	notebook.runByHand(at, 30*time.Second)
	reportFailures(t, notebook.cells()[:at+1])
	if got := notebook.workerLanes(at); !slices.Equal(got, workers(20)) {
		t.Errorf("with %s: got the lanes %q, want 20 workers", twenty, got)
	}
}

// workers returns the names of the lanes of n workers, sorted.
func workers(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("worker %d", i+1))
	}
	slices.Sort(names)
	return names
}

// workerLanes returns the sorted names of the workers in the picture of cell i,
// which must be the only one.
func (n *notebook) workerLanes(i int) []string {
	n.t.Helper()
	n.pictures()
	sources := read[[]string](n.page, n.call("sources", i))
	if len(sources) != 1 {
		n.t.Fatalf("cell %d of %s: got %d pictures, want one", i+1, n.path, len(sources))
	}
	texts, err := svgTexts(sources[0])
	if err != nil {
		n.t.Fatalf("the picture of cell %d: %v", i+1, err)
	}
	lanes := slices.DeleteFunc(texts, func(text string) bool { return !strings.HasPrefix(text, "worker") })
	slices.Sort(lanes)
	return lanes
}

// svgTexts returns the texts in an SVG image that is given as a data URL.
func svgTexts(source string) ([]string, error) {
	const kind = "data:image/svg+xml;base64,"
	encoded, ok := strings.CutPrefix(source, kind)
	if !ok {
		return nil, fmt.Errorf("got the source %.60[2]q…, want one that begins with %[1]s", kind, source)
	}
	var texts []string
	decoder := xml.NewDecoder(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				return nil, err
			}
			texts = append(texts, text)
		}
	}
}
