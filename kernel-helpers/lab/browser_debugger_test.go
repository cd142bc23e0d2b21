//go:build browser

package lab_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const debuggedWorker = `type page struct {
	URL  string
	size int
}

func worker(id int, pages <-chan page, results chan<- int) {
	for p := range pages {
		n := len(p.URL) + p.size
		results <- n
	}
}`

const debuggedPool = `%%
pages, results := make(chan page), make(chan int)
for i := range 3 {
	go worker(i, pages, results)
}
go func() {
	for i := range 6 {
		pages <- page{"http://x", i}
	}
}()
sum := 0
for range 6 {
	sum += <-results
}
fmt.Println("sum", sum)`

var updatePictures = flag.Bool("update-pictures", false, "write the screenshot that notebook 6 shows")

// sidebar is the debugger's part of the page.
const sidebar = "#jp-debugger-sidebar "

// A user turns the debugger on, clicks a breakpoint beside a line, runs the cell,
// looks at variables and goroutines, steps, continues, and edits the cell. The
// screenshots stay in .lab/screenshots. The one of the worker is in notebook 6;
// with -args -update-pictures the test writes that one, too.
func TestTheDebuggerStopsStepsAndShowsGoroutines(t *testing.T) {
	page := openPage(t, 2*time.Minute)
	notebook := page.open(placeCells(t, debuggedWorker, debuggedPool))
	notebook.runByHand(0, 30*time.Second)
	notebook.click("the debugger's button", front+".jp-DebuggerBugButton")
	notebook.await("the debugger to be on", `document.querySelector(`+quoted(front+`.jp-DebuggerBugButton[aria-pressed="true"]`)+`) !== null`, 20*time.Second)

	notebook.click("the debugger's sidebar", `.lm-TabBar-tab[data-id="jp-debugger-sidebar"]`)

	notebook.breakpoint(1, 13)
	notebook.start(1)
	notebook.awaitLine(1, "sum += <-results")
	notebook.awaitText("the call stack", ".jp-DebuggerCallstackFrame", "main")
	notebook.awaitText("the breakpoints", ".jp-DebuggerBreakpoint", "13")
	notebook.scope("Locals")
	notebook.awaitText("the variables", ".jp-DebuggerVariables-body", "sum0", "pageschan page unbuffered", "resultschan int unbuffered")
	notebook.picture("debugger-variables")
	notebook.scope("Goroutines")
	notebook.awaitText("the goroutines", ".jp-DebuggerVariables-body", "▶ 1 main", "cell 2, line 13", "runtime")
	notebook.picture("debugger-goroutines")

	notebook.step("step-over")
	notebook.awaitLine(1, "for range 6 {")
	notebook.step("step-over")
	notebook.awaitLine(1, "sum += <-results")
	notebook.scope("Locals")
	notebook.awaitText("the variables after a step", ".jp-DebuggerVariables-body", "sum")

	// A breakpoint in another cell's function.
	notebook.breakpoint(0, 9)
	notebook.breakpoint(1, 13)
	notebook.step("continue")
	notebook.awaitLine(0, "results <- n")
	notebook.awaitText("the worker's variables", ".jp-DebuggerVariables-body", "id", `ppage{URL: "http://x"`)
	notebook.scope("Goroutines")
	notebook.awaitText("the other goroutines", ".jp-DebuggerVariables-body", "▶ ", "worker", "1 main", "runtime")
	notebook.picture("debugger-other-cell")
	if *updatePictures {
		if err := attach(filepath.Join(checkout(), ".lab", "screenshots", "debugger-other-cell.png")); err != nil {
			t.Error(err)
		}
	}
	notebook.step("step-out")
	notebook.await("another stop", `document.querySelector(".jp-DebuggerEditor-highlight") !== null`, 20*time.Second)

	// Without breakpoints the cell goes on to its end.
	notebook.breakpoint(0, 9)
	notebook.step("continue")
	notebook.await("the cell's end", notebook.call("text", 1)+` === "sum 63\n" && `+notebook.call("idle"), 20*time.Second)
	notebook.await("no line to be highlighted", `document.querySelector(".jp-DebuggerEditor-highlight") === null`, 10*time.Second)

	// The edited cell has its breakpoint, and stops again.
	notebook.evaluate("go to the cell", notebook.call("select", 1))
	notebook.click("the editor's last line", activeEditor+" .cm-line:last-child")
	notebook.do("type another line", chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(`sum++ // edited`))
	notebook.breakpoint(1, 16)
	notebook.start(1)
	notebook.awaitLine(1, "sum++ // edited")
	notebook.step("continue")
	notebook.await("the edited cell's end", notebook.call("text", 1)+` === "sum 63\n" && `+notebook.call("idle"), 20*time.Second)

	notebook.click("the debugger's button", front+".jp-DebuggerBugButton")
	notebook.await("the debugger to be off", `document.querySelector(`+quoted(front+`.jp-DebuggerBugButton[aria-pressed="true"]`)+`) === null`, 20*time.Second)
}

// attachment matches the picture in notebook 6, which is within the notebook so that it
// goes with every copy.
var attachment = regexp.MustCompile(`("debugger\.png": \{\s*"image/png": ")[^"]*`)

// attach puts the part of a screenshot that shows the notebook and the debugger into
// notebook 6, in 256 colours.
func attach(file string) error {
	shot, err := os.Open(file)
	if err != nil {
		return err
	}
	defer shot.Close()
	whole, err := png.Decode(shot)
	if err != nil {
		return err
	}
	part := image.Rect(290, 28, whole.Bounds().Max.X-34, 700)
	count := map[color.Color]int{}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			count[whole.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	small := image.NewPaletted(part, colours[:min(len(colours), 256)])
	draw.Draw(small, part, whole, part.Min, draw.Src)
	var text bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&text, small); err != nil {
		return err
	}
	notebook := filepath.Join(checkout(), "notebooks", "06-look-inside.ipynb")
	raw, err := os.ReadFile(notebook)
	if err != nil {
		return err
	}
	if !attachment.Match(raw) {
		return fmt.Errorf("%s has no picture to replace", notebook)
	}
	return os.WriteFile(notebook, attachment.ReplaceAll(raw, []byte("${1}"+base64.StdEncoding.EncodeToString(text.Bytes()))), 0o644)
}

// breakpoint clicks beside a line of cell i, and waits until the breakpoint is there
// or gone.
func (n *notebook) breakpoint(i, line int) {
	n.t.Helper()
	gutter := fmt.Sprintf("%s.jp-Cell:nth-child(%d) .cm-breakpoint-gutter", front, i+1)
	markers := fmt.Sprintf("document.querySelectorAll(%s).length", quoted(gutter+" .cm-breakpoint-icon"))
	n.evaluate("go to the cell", n.call("select", i))
	n.await("the gutter of the cell", "document.querySelector("+quoted(gutter)+") !== null", 20*time.Second)
	before := read[int](n.page, markers)
	n.click(fmt.Sprintf("beside line %d", line), fmt.Sprintf("%s .cm-gutterElement:nth-child(%d)", gutter, line+1)) // the first is a spacer
	n.await("the breakpoint to be set or cleared", fmt.Sprintf("%s !== %d", markers, before), 10*time.Second)
}

// start runs cell i with Shift+Enter and doesn't wait for its end.
func (n *notebook) start(i int) {
	n.t.Helper()
	n.evaluate("go to the cell", n.call("select", i))
	n.click("the editor's last line", fmt.Sprintf("%s.jp-Cell:nth-child(%d) .cm-line:last-child", front, i+1))
	n.do("run the cell", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
}

// awaitLine waits until a line of cell i is highlighted.
func (n *notebook) awaitLine(i int, text string) {
	n.t.Helper()
	line := fmt.Sprintf("document.querySelector(%s)", quoted(fmt.Sprintf("%s.jp-Cell:nth-child(%d) .jp-DebuggerEditor-highlight", front, i+1)))
	n.await("the line "+text, fmt.Sprintf("%s?.textContent.trim() === %s", line, quoted(text)), 30*time.Second)
}

// awaitText waits until a part of the sidebar has all texts.
func (n *notebook) awaitText(what, selector string, texts ...string) {
	n.t.Helper()
	for _, text := range texts {
		n.await(what+" to have "+text, fmt.Sprintf(
			"[...document.querySelectorAll(%s)].some(e => e.textContent.includes(%s))", quoted(sidebar+selector), quoted(text)), 20*time.Second)
	}
}

// scope chooses the scope of the variables.
func (n *notebook) scope(name string) {
	n.t.Helper()
	choose := fmt.Sprintf(`(() => {
		const select = document.querySelector(%s);
		if (!select || ![...select.options].some(o => o.value === %[2]s)) return false;
		Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(select, %[2]s);
		select.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, quoted(sidebar+".jp-DebuggerVariables-toolbar select"), quoted(name))
	n.await("the scope "+name, choose, 10*time.Second)
}

// step clicks a button of the call stack.
func (n *notebook) step(name string) {
	n.t.Helper()
	n.click(name, fmt.Sprintf(`%s[data-jp-item-name=%q] jp-button`, sidebar, name))
}

// picture saves a screenshot.
func (n *notebook) picture(name string) {
	n.t.Helper()
	if err := screenshot(n.ctx, filepath.Join(checkout(), ".lab", "screenshots", name+".png")); err != nil {
		n.t.Errorf("screenshot: %v", err)
	}
}
