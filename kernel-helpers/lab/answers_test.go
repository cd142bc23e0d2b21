//go:build !browser

package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// A task is something that a reader is to write. Three cells with the same name
// in their metadata belong to it: the code to change ("task"), the tests that
// check it ("check"), and a text with a folded hint and answer ("answer").
type task struct {
	name          string
	change, check *notebook.Cell
	answer        string // Go source; "" if there is none
	hint          bool
}

// A try is an experiment of a notebook's last cell, "Try it". Its folded answer
// holds whole cells, which make the change and check what the answer claims:
// with %test, or with log.Fatal.
type try struct {
	name  string
	cells []string
}

// triesOf returns the experiments of a notebook's last cell.
func triesOf(nb *notebook.Notebook) (tries []try) {
	cells := nb.Cells()
	for i, m := range foldedTry.FindAllStringSubmatch(cells[len(cells)-1].Source(), -1) {
		experiment := try{name: fmt.Sprintf("try-%d", i+1)}
		for _, code := range goBlock.FindAllStringSubmatch(m[1], -1) {
			experiment.cells = append(experiment.cells, strings.TrimSuffix(code[1], "\n"))
		}
		tries = append(tries, experiment)
	}
	return tries
}

var (
	foldedTry    = regexp.MustCompile(`(?s)<details><summary>Answer</summary>(.*?)</details>`)
	goBlock      = regexp.MustCompile("(?ms)^```go\n(.*?)^```")
	foldedAnswer = regexp.MustCompile("(?s)<details><summary>Answer</summary>\n\n```go\n(.*?)```.*?</details>")
	foldedHint   = regexp.MustCompile(`(?s)<details><summary>Hint</summary>.+?</details>`)
)

// tasksOf returns the tasks of a notebook in their order.
func tasksOf(t *testing.T, file string, nb *notebook.Notebook) (tasks []*task) {
	t.Helper()
	byName := map[string]*task{}
	of := func(cell *notebook.Cell, key string) *task {
		raw := cell.Metadata(key)
		if raw == nil {
			return nil
		}
		var name string
		if err := json.Unmarshal(raw, &name); err != nil || name == "" {
			t.Errorf("%s: cell %s: the metadata %s is %s, want a name", file, cell.ID(), key, raw)
			return nil
		}
		if byName[name] == nil {
			byName[name] = &task{name: name}
			tasks = append(tasks, byName[name])
		}
		return byName[name]
	}
	for _, cell := range nb.Cells() {
		if k := of(cell, "task"); k != nil {
			k.change = cell
		}
		if k := of(cell, "check"); k != nil {
			k.check = cell
		}
		if k := of(cell, "answer"); k != nil {
			if m := foldedAnswer.FindStringSubmatch(cell.Source()); m != nil {
				k.answer = m[1]
			}
			k.hint = foldedHint.MatchString(cell.Source())
		}
	}
	return tasks
}

func TestEveryTaskHasACheckAHintAndAnAnswer(t *testing.T) {
	tasks := 0
	for file, nb := range courseNotebooks(t) {
		for _, k := range tasksOf(t, file, nb) {
			tasks++
			if k.change == nil || k.check == nil || k.answer == "" || !k.hint {
				t.Errorf("%s: the task %s lacks a cell to change, a check, a folded hint or a folded answer", file, k.name)
				continue
			}
			if !failed(k.check) {
				t.Errorf("%s: the check of %s passes as committed, want it to pass only after the change", file, k.name)
			}
		}
	}
	if tasks < 15 {
		t.Errorf("%d tasks, want at least 15: are all notebooks read?", tasks)
	}
}

// selfStudy names the notebooks that a reader can finish alone.
var selfStudy = []string{
	"00-start-here.ipynb", "01-one-after-another.ipynb", "02-pooled-goroutines.ipynb",
	"03-fan-out.ipynb", "04-pipelines.ipynb", "05-what-goes-wrong.ipynb",
	"06-look-inside.ipynb",
	"07-processes.ipynb", "08-cpu-bound.ipynb", "09-generators.ipynb", "10-event-loop.ipynb",
	"11-results.ipynb",
}

// TestSelfStudyNotebooksAreComplete: such a notebook says what one can do
// afterwards and what it needs, links the glossary, has six tasks or more, five
// questions with folded answers, experiments whose answers run, and a link to
// the next notebook.
func TestSelfStudyNotebooksAreComplete(t *testing.T) {
	nbs := courseNotebooks(t)
	last := slices.Max(slices.Collect(maps.Keys(nbs)))
	for _, file := range selfStudy {
		nb := nbs[file]
		if nb == nil {
			t.Fatalf("there is no notebook %s", file)
		}
		cells := nb.Cells()
		for _, want := range []string{"**You can afterwards:**", "minutes", "teaching/glossary.md"} {
			if !strings.Contains(cells[0].Source(), want) {
				t.Errorf("%s: the first cell has no %q", file, want)
			}
		}
		if n := len(tasksOf(t, file, nb)); n < 6 {
			t.Errorf("%s: %d tasks, want at least 6", file, n)
		}
		questions := slices.IndexFunc(cells, func(c *notebook.Cell) bool {
			return strings.HasPrefix(c.Source(), "## ") && strings.Contains(c.Source(), "Check yourself\n")
		})
		if questions < 0 {
			t.Errorf("%s: no section Check yourself", file)
		} else if n := strings.Count(cells[questions].Source(), "<details><summary>Answer</summary>"); n != 5 {
			t.Errorf("%s: Check yourself has %d folded answers, want 5", file, n)
		}
		tries := triesOf(nb)
		if len(tries) < 2 {
			t.Errorf("%s: %d experiments in the last cell, want at least 2, each with a folded answer", file, len(tries))
		}
		for _, experiment := range tries {
			if len(experiment.cells) == 0 {
				t.Errorf("%s: the answer to %s has no cell in it, want one that checks the claim", file, experiment.name)
			}
		}
		if file != last && !nextLink.MatchString(cells[len(cells)-1].Source()) {
			t.Errorf("%s: the last cell has no link to the next notebook", file)
		}
	}
}

var nextLink = regexp.MustCompile(`\*\*Next:\*\* \[[^]]+\]\(\d\d-[a-z-]+\.ipynb\)`)

// failed reports whether a cell put out an error.
func failed(cell *notebook.Cell) bool {
	for _, o := range cell.Outputs() {
		if o.Type == "error" {
			return true
		}
	}
	return false
}
