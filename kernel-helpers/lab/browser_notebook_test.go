//go:build browser

package lab_test

import (
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A notebook is a notebook that is open in a page.
type notebook struct {
	*page
	path string // relative to JupyterLab's folder
}

// A cell is a cell in JupyterLab's model of the notebook.
type cell struct {
	Kind    string
	Source  string
	Tags    []string
	Count   int
	Trusted bool
	Outputs []struct {
		Kind string
		Text string
	}
}

// A picture is an <img> in an output or in a Markdown cell.
type picture struct {
	Cell    int
	Alt     string
	Source  string
	Width   int // of the decoded picture; 0 if it is broken
	Visible bool
}

// open opens a notebook and waits for its kernel.
func (p *page) open(path string) *notebook {
	p.t.Helper()
	n := &notebook{page: p, path: path}
	// Do not wait here: if JupyterLab shows a dialog instead, the wait below
	// reports it.
	p.do("open "+path, chromedp.Evaluate[chromedp.Void]("void "+n.call("open")))
	n.await("the kernel of "+path, n.call("ready"), 30*time.Second)
	return n
}

// call returns a JavaScript call of a function in page.js for the notebook.
func (n *notebook) call(name string, arguments ...any) string {
	call := "speedup." + name + "(" + quoted(n.path)
	for _, argument := range arguments {
		call += ", " + quoted(argument)
	}
	return call + ")"
}

// await waits until a condition holds. If it fails, it reports the notebook's
// state.
func (n *notebook) await(what, condition string, limit time.Duration) {
	n.t.Helper()
	if err := n.poll(condition, limit); err != nil {
		state, evaluateErr := chromedp.Run(n.tab, chromedp.Evaluate[string](n.call("describe")))
		if evaluateErr != nil {
			state = evaluateErr.Error()
		}
		n.t.Fatalf("waited for %s: %v: %s", what, err, state)
	}
}

func (n *notebook) runAll(limit time.Duration) {
	n.t.Helper()
	n.evaluate("run all cells of "+n.path, n.call("runAll"))
	n.await("all cells of "+n.path, n.call("ran"), limit)
}

// runAbove runs all cells before cell i.
func (n *notebook) runAbove(i int, limit time.Duration) {
	n.t.Helper()
	n.evaluate("run the cells before the one", n.call("runAbove", i))
	n.await("the cells before the one", n.call("ran", i), limit)
}

// runByHand runs cell i with Shift+Enter in its editor.
func (n *notebook) runByHand(i int, limit time.Duration) {
	n.t.Helper()
	before := n.cells()[i].Count
	n.evaluate("go to the cell", n.call("select", i))
	n.click("the editor's last line", activeEditor+" .cm-line:last-child")
	n.do("run the cell", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	n.await("the cell to have run", fmt.Sprintf("%s[%d].count > %d && %s", n.call("cells"), i, before, n.call("idle")), limit)
}

func (n *notebook) cells() []cell {
	n.t.Helper()
	return read[[]cell](n.page, n.call("cells"))
}

// text returns the output of cell i as plain text.
func (n *notebook) text(i int) string {
	n.t.Helper()
	return read[string](n.page, n.call("text", i))
}

func (n *notebook) save() {
	n.t.Helper()
	// Do not wait here, in case a dialog asks something: the wait below reports it.
	n.evaluate("save "+n.path, "void "+n.call("save"))
	n.await(n.path+" to be saved", n.call("saved"), 10*time.Second)
}

func (n *notebook) saveAndClose() {
	n.t.Helper()
	n.save()
	n.evaluate("close "+n.path, "void "+n.call("close"))
	n.await(n.path+" to be closed", n.call("closed"), 10*time.Second)
}

// pictures waits until all pictures of the notebook are loaded, checks that
// they are visible and have an alt text, and returns them.
func (n *notebook) pictures() []picture {
	n.t.Helper()
	n.await("the pictures of "+n.path, n.call("picturesLoaded"), 20*time.Second)
	shown := read[struct{ Shown []picture }](n.page, n.call("pictures")).Shown
	for _, picture := range shown {
		if picture.Width == 0 || !picture.Visible {
			n.t.Errorf("%s: a picture of cell %d is not visible (%d pixels wide, visible: %t): %s…",
				n.path, picture.Cell+1, picture.Width, picture.Visible, picture.Source)
		}
		if picture.Alt == "" || picture.Alt == "Image" { // JupyterLab's default
			n.t.Errorf("%s: a picture of cell %d has no alt text: %s…", n.path, picture.Cell+1, picture.Source)
		}
	}
	return shown
}
