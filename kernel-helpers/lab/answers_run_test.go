//go:build notebooks && !browser

package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// TestNotebooksAnswersPassTheirChecks runs every notebook that has tasks with
// each task done as its answer says. The cells in the answers to its experiments
// follow at the end, and none of them fails. Cells that only run something are left
// out, unless they belong to a task: other tests run them.
//
// A third of the notebooks is run each day, and all in a long run.
func TestNotebooksAnswersPassTheirChecks(t *testing.T) {
	notebooks := courseNotebooks(t)
	for _, name := range longtest.Daily(3, slices.Sorted(maps.Keys(notebooks))) {
		nb := notebooks[name]
		tasks := tasksOf(t, name, nb)
		if len(tasks) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			answered, err := withAnswers(nb, tasks, triesOf(nb))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, answered, 0o600); err != nil {
				t.Fatal(err)
			}
			nbrun := filepath.Join("..", "..", "bin", "nbrun")
			run := exec.CommandContext(t.Context(), nbrun, "--inplace", "--kernel", "gonb", file)
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("nbrun: %v\n%s", err, out)
			}
			ran, err := notebook.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range tasksOf(t, name, ran) {
				if failed(k.check) {
					t.Errorf("the answer to %s fails its check:\n%s", k.name, printed(k.check))
				}
			}
		})
	}
}

// printed returns what a cell printed and the errors it put out.
func printed(cell *notebook.Cell) string {
	var b strings.Builder
	for _, o := range cell.Outputs() {
		b.WriteString(o.Text + o.EValue + "\n")
	}
	return b.String()
}

// withAnswers returns a notebook in which every task has been done as its
// answer says, so that all checks pass, with the cells of its experiments behind it.
func withAnswers(nb *notebook.Notebook, tasks []*task, tries []try) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(nb.Bytes(), &document); err != nil {
		return nil, err
	}
	answers := map[string]string{}
	for _, k := range tasks {
		answers[k.change.ID()] = strings.TrimSuffix(k.answer, "\n")
	}
	spare := onlyRuns(nb)
	cells, isList := document["cells"].([]any)
	if !isList {
		return nil, fmt.Errorf("no list of cells")
	}
	for _, c := range cells {
		object, isObject := c.(map[string]any)
		if !isObject {
			return nil, fmt.Errorf("a cell is no object")
		}
		id, isString := object["id"].(string)
		switch {
		case isString && answers[id] != "":
			object["source"] = answers[id]
		case isString && spare[id]:
			object["source"] = ""
		}
	}
	for _, experiment := range tries {
		for i, source := range experiment.cells {
			cells = append(cells, map[string]any{
				"cell_type": "code", "id": fmt.Sprintf("%s-%d", experiment.name, i+1), "metadata": map[string]any{},
				"source": source, "outputs": []any{}, "execution_count": nil,
			})
		}
	}
	document["cells"] = cells
	return json.Marshal(document)
}

// onlyRuns returns the IDs of the code cells that only run something: what they
// declare, nothing, is missed by no other cell. Those of tasks are not among them.
func onlyRuns(nb *notebook.Notebook) map[string]bool {
	ids := map[string]bool{}
	for _, c := range nb.Cells() {
		if c.Type() != "code" || c.Metadata("task") != nil || c.Metadata("check") != nil {
			continue
		}
		parts, err := cell.Split(c.Source())
		if err != nil || parts.Body == nil || len(parts.Decls) > 0 || len(parts.Imports) > 0 {
			continue
		}
		if len(parts.Commands) == 1 { // the %% alone: other commands last longer than their cell
			ids[c.ID()] = true
		}
	}
	return ids
}
