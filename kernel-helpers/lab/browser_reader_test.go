//go:build browser

package lab_test

import (
	"context"
	"encoding/json"
	"regexp"
	"runtime"
	"strings"
	"time"

	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// readAsALearner does in a notebook whose cells have run what its text asks of a
// reader: it makes another prediction and runs that cell again, writes the answer
// to the last task, and runs the check, which fails before and passes after it. The cells are
// edited and run as by hand.
func (n *notebook) readAsALearner(committed *ipynb.Notebook) {
	n.t.Helper()
	cells := committed.Cells()
	if i, source := quickPrediction(cells); i >= 0 {
		n.rewrite(i, prediction.ReplaceAllString(source, "timing.Predict(777*time.Millisecond)"))
		n.runByHand(i, time.Minute)
		if got := n.text(i); !strings.Contains(got, "predicted 0.777 s, measured ") {
			n.t.Errorf("cell %d of %s with another prediction: got the output\n%s", i+1, n.path, got)
		}
	}

	task, check, answer := lastTask(cells)
	if answer == "" {
		n.t.Errorf("%s has no task with an answer", n.path)
		return
	}
	if got := n.cells()[check]; !failedAsAnnounced(got) {
		n.t.Errorf("the check in cell %d of %s passes before the task is done", check+1, n.path)
	}
	n.rewrite(task, answer)
	n.runByHand(task, time.Minute)
	n.runByHand(check, time.Minute)
	if got := n.cells()[check]; failedAsAnnounced(got) {
		n.t.Errorf("the check in cell %d of %s fails after the task is done:\n%s", check+1, n.path, n.text(check))
	}
}

var (
	prediction   = regexp.MustCompile(`timing\.Predict\([^()]+\)`)
	seconds      = regexp.MustCompile(`(?:Downloaded \d+ in|Duration) ([01]\.\d+) seconds`)
	taskAnswered = regexp.MustCompile("(?s)<details><summary>Answer</summary>\n\n```go\n(.*?)\n```")
)

// quickPrediction returns the first cell with a prediction that runs for less than
// two seconds, or -1.
func quickPrediction(cells []*ipynb.Cell) (index int, source string) {
	for i, c := range cells {
		if c.Type() != "code" || !prediction.MatchString(c.Source()) {
			continue
		}
		for _, o := range c.Outputs() {
			if seconds.MatchString(o.Text) {
				return i, c.Source()
			}
		}
	}
	return -1, ""
}

// lastTask returns the indices of the cells of the notebook's last task, and its
// answer.
func lastTask(cells []*ipynb.Cell) (task, check int, answer string) {
	at := map[string]int{}
	for i, c := range cells {
		for _, part := range []string{"task", "check", "answer"} {
			var name string
			raw := c.Metadata(part)
			if raw == nil || json.Unmarshal(raw, &name) != nil {
				continue
			}
			at[part+" "+name] = i
			if m := taskAnswered.FindStringSubmatch(c.Source()); part == "answer" && m != nil {
				task, check, answer = at["task "+name], at["check "+name], m[1]
			}
		}
	}
	return task, check, answer
}

func failedAsAnnounced(c cell) bool {
	for _, o := range c.Outputs {
		if o.Kind == "error" {
			return true
		}
	}
	return false
}

// rewrite replaces the source of cell i in its editor.
func (n *notebook) rewrite(i int, source string) {
	n.t.Helper()
	n.evaluate("go to the cell", n.call("select", i))
	n.click("the editor's last line", activeEditor+" .cm-line:last-child")
	all := chromedp.ModifierCtrl
	if runtime.GOOS == "darwin" {
		all = chromedp.ModifierMeta
	}
	n.do("replace the text", chromedp.KeyEvent("a", chromedp.KeyModifiers(all)), insert(source))
	if got := n.cells()[i].Source; got != source {
		n.t.Fatalf("cell %d of %s after the edit: got\n%s\nwant\n%s", i+1, n.path, got, source)
	}
}

// insert puts text at the cursor as a paste does, without JupyterLab's indentation.
func insert(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// folded reports how many folded parts the notebook's outputs have, and how many
// of them JupyterLab shows, each closed until it is clicked.
func (n *notebook) folded() {
	n.t.Helper()
	got := read[struct{ Saved, Shown, Open int }](n.page, n.call("folded"))
	if got.Shown != got.Saved || got.Open != 0 {
		n.t.Errorf("%s: its outputs have %d folded parts; %d are shown, %d of them open: want all shown and none open",
			n.path, got.Saved, got.Shown, got.Open)
	}
}
