//go:build browser

package lab_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// These are selectors of the elements that a user clicks. Only the notebook in
// front is visible.
const (
	front        = ".jp-NotebookPanel:not(.lm-mod-hidden) "
	activeEditor = front + ".jp-Cell.jp-mod-active .cm-content"
	interrupt    = front + `[data-jp-item-name="interrupt"] jp-button`
	restartRun   = front + `[data-jp-item-name="restart-and-run"] jp-button`
	confirm      = ".jp-Dialog .jp-Dialog-button.jp-mod-accept"
)

func TestShiftEnterRunsTheEditedCell(t *testing.T) {
	page := openPage(t, time.Minute)
	notebook := page.open(placeCells(t, "import \"fmt\"\n\n%%\nfmt.Println(\"the first\")", "%%\nfmt.Println(\"next\")"))
	notebook.runAll(30 * time.Second)
	if got := notebook.text(0); got != "the first\n" {
		t.Fatalf("before the edit: got the output %q, want the first", got)
	}

	notebook.evaluate("go to the first cell", notebook.call("select", 0))
	notebook.click("the editor's last line", activeEditor+" .cm-line:last-child")
	notebook.do("type another last line",
		chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Home, chromedp.KeyModifiers(chromedp.ModifierShift)),
		chromedp.KeyEvent(`fmt.Println("another")`),
		chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))

	notebook.await("the edited cell's output", notebook.call("text", 0)+` === "another\n"`, 20*time.Second)
	notebook.await("the kernel to be idle", notebook.call("idle"), 10*time.Second)
	cells := notebook.cells()
	if cells[0].Count != 3 || cells[1].Count != 2 {
		t.Errorf("execution counts: got %d and %d, want 3 and 2, because Shift+Enter runs one cell", cells[0].Count, cells[1].Count)
	}
}

func TestTheNextCellRunsAfterAnInterrupt(t *testing.T) {
	page := openPage(t, time.Minute)
	notebook := page.open(placeCells(t,
		"import (\n\t\"fmt\"\n\t\"time\"\n)\n\n%%\nfmt.Println(\"started\")\nfor {\n\ttime.Sleep(time.Millisecond)\n}",
		"%%\nfmt.Println(\"still here\")"))
	notebook.evaluate("go to the first cell", notebook.call("select", 0))
	notebook.click("the editor", activeEditor)
	notebook.do("run the cell", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	notebook.await("the endless cell to print", notebook.call("text", 0)+`.startsWith("started\n")`, 20*time.Second)

	notebook.click("the interrupt button", interrupt)
	notebook.await("the kernel to be idle", notebook.call("idle"), 10*time.Second)
	notebook.evaluate("go to the next cell", notebook.call("select", 1))
	notebook.click("the editor", activeEditor)
	notebook.do("run the next cell", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	notebook.await("the next cell's output", notebook.call("text", 1)+` === "still here\n"`, 20*time.Second)
}

func TestRestartAndRunAllUsesANewKernel(t *testing.T) {
	page := openPage(t, time.Minute)
	notebook := page.open(placeCells(t,
		"import (\n\t\"fmt\"\n\t\"os\"\n)\n\n%%\nfmt.Println(os.Getppid())",
		"%%\nfmt.Println(\"done\")"))
	notebook.runAll(30 * time.Second)
	before := notebook.text(0)

	notebook.click("restart and run all", restartRun)
	notebook.click("the dialog's Restart", confirm)
	notebook.await("another kernel's output", notebook.call("text", 0)+" !== "+quoted(before)+" && "+notebook.call("text", 0)+` !== ""`, 30*time.Second)
	notebook.await("every cell", notebook.call("finished"), 30*time.Second)
	cells := notebook.cells()
	if cells[0].Count != 1 || cells[1].Count != 2 {
		t.Errorf("execution counts after the restart: got %d and %d, want 1 and 2", cells[0].Count, cells[1].Count)
	}
	if got := notebook.text(1); got != "done\n" {
		t.Errorf("the last cell: got the output %q, want done", got)
	}
}

func TestAProgramReadsInputFromTheBoxBelowItsCell(t *testing.T) {
	page := openPage(t, time.Minute)
	notebook := page.open(placeCells(t,
		"import \"github.com/janpfeifer/gonb/gonbui\"\n\n%%\ngonbui.RequestInput(\"name? \", false)\nvar name string\nfmt.Scan(&name)\nfmt.Println(\"hello\", name)"))
	notebook.evaluate("run the cell", notebook.call("runAll"))
	notebook.click("the box below the cell", front+".jp-Stdin-input")
	notebook.do("answer", chromedp.KeyEvent("Ann"), chromedp.KeyEvent(kb.Enter))
	notebook.await("the program to print the answer", notebook.call("text", 0)+`.endsWith("hello Ann\n")`, 20*time.Second)
}

func TestTabCompletesGoNames(t *testing.T) {
	page := openPage(t, time.Minute)
	notebook := page.open(placeCells(t, "%%\nfmt.Sscanl"))
	notebook.click("the editor's last line", front+".jp-Cell .cm-line:last-child")
	notebook.do("go to its end", chromedp.KeyEvent(kb.End))
	// The language server may still be starting, and JupyterLab ignores late
	// answers.
	completed := notebook.call("cells") + `[0].source.includes("Sscanln")`
	for deadline := time.Now().Add(40 * time.Second); !read[bool](notebook.page, completed); {
		if time.Now().After(deadline) {
			t.Fatalf("the cell was not completed: %q", notebook.cells()[0].Source)
		}
		notebook.do("ask for a completion", chromedp.KeyEvent(kb.Tab))
		notebook.poll(completed, 2*time.Second) // then it asks again
	}
}
