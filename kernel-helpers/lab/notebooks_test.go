//go:build !browser

package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// courseNotebooks returns the committed notebooks by name.
func courseNotebooks(t *testing.T) map[string]*notebook.Notebook {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "notebooks", "[0-9][0-9]-*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got no notebooks, error %v", err)
	}
	nbs := map[string]*notebook.Notebook{}
	for _, file := range files {
		nb, err := notebook.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		nbs[filepath.Base(file)] = nb
	}
	return nbs
}

func TestNotebooksAreCommittedExecuted(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		if got := nb.KernelName(); got != "gonb" {
			t.Errorf("%s: got the kernel %q, want gonb", name, got)
		}
		count := 0
		for i, cell := range nb.Cells() {
			if cell.Type() != "code" {
				continue
			}
			count++
			if cell.ExecutionCount() != count {
				t.Errorf("%s: cell %d has execution count %d, want %d: run bin/nbrun --inplace", name, i+1, cell.ExecutionCount(), count)
			}
			for _, o := range cell.Outputs() {
				if o.Type == "error" && !cell.HasTag("raises-exception") {
					t.Errorf("%s: cell %d is committed with an error: %s", name, i+1, o.EValue)
				}
			}
		}
	}
}

func TestCodeLinesAreShort(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		for i, cell := range nb.Cells() {
			if cell.Type() != "code" {
				continue
			}
			for line := range strings.Lines(cell.Source()) {
				line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("%s: cell %d: got a line of %d columns, want at most 100: %s", name, i+1, n, line)
				}
			}
		}
	}
}

func TestNotebooksHaveAnIntroductionAndExercises(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		cells := nb.Cells()
		first, last := cells[0].Source(), cells[len(cells)-1].Source()
		if !strings.HasPrefix(first, "# ") || !strings.Contains(first, "**You will see:**") {
			t.Errorf("%s: the first cell: want a title and **You will see:**", name)
		}
		if !strings.Contains(last, "Try it") || !strings.Contains(strings.ToLower(last), "predict") {
			t.Errorf("%s: the last cell: want things to try, with a prediction", name)
		}
	}
}

var image = regexp.MustCompile(`<img\b[^>]*>`)

func TestPicturesAreStaticAndHaveAltTexts(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		for i, cell := range nb.Cells() {
			for _, o := range cell.Outputs() {
				if o.Type != "display_data" {
					continue
				}
				if text, ok := o.MimeText("text/plain"); !ok || strings.TrimSpace(text) == "" {
					t.Errorf("%s: cell %d has an output without text/plain", name, i+1)
				}
				html, _ := o.MimeText("text/html")
				if strings.Contains(html, "<svg") || strings.Contains(html, "<script") {
					t.Errorf("%s: cell %d has inline SVG or a script, which JupyterLab removes from untrusted notebooks", name, i+1)
				}
				for _, img := range image.FindAllString(html, -1) {
					if !strings.Contains(img, `src="data:image/`) || !regexp.MustCompile(`alt="[^"]+"`).MatchString(img) {
						t.Errorf("%s: cell %d has a picture that is not static or has no alt text", name, i+1)
					}
				}
			}
		}
	}
}

// machinePaths matches absolute paths of the machine that ran a notebook.
var machinePaths = regexp.MustCompile(`(?:/work|/home|/Users)/`)

func TestNotebooksContainNoPathsOfTheMachine(t *testing.T) {
	for name, nb := range courseNotebooks(t) {
		if hit := machinePaths.Find(nb.Bytes()); hit != nil {
			t.Errorf("%s contains a path that begins with %s; run it in a neutral folder", name, hit)
		}
	}
}

func TestEveryCellOfTheDocumentsHasItsPort(t *testing.T) {
	known := documentCells(t)
	ports := map[string][]string{}
	for name, nb := range courseNotebooks(t) {
		for _, cell := range nb.Cells() {
			for _, id := range sourcesOf(t, name, cell) {
				if !slices.Contains(known, id) {
					t.Errorf("%s: cell %s names the source %q, which is not in cells.tsv", name, cell.ID(), id)
				}
				ports[id] = append(ports[id], strings.TrimSuffix(name, ".ipynb")+"#"+cell.ID())
			}
		}
	}
	for _, id := range known {
		if len(ports[id]) == 0 {
			t.Errorf("no cell ports %s", id)
			continue
		}
		t.Logf("%-10s %s", id, strings.Join(slices.Compact(ports[id]), ", "))
	}
}

// TestBobAndDougTakeTurnsAsInTheDocument checks the output of the document's
// scheduler: it prints the counts of both in turn, and then "completed" for
// each.
func TestBobAndDougTakeTurnsAsInTheDocument(t *testing.T) {
	var want strings.Builder
	for i := range 10 {
		fmt.Fprintf(&want, "Bob yielded %d\nDoug yielded %d\n", i, i)
	}
	want.WriteString("completed\ncompleted\n")
	for name, nb := range courseNotebooks(t) {
		for _, cell := range nb.Cells() {
			sources := sourcesOf(t, name, cell)
			if !slices.Contains(sources, "000.5") || !slices.Contains(sources, "000.6") {
				continue
			}
			var got strings.Builder
			for _, o := range cell.Outputs() {
				got.WriteString(o.Text)
			}
			if got.String() != want.String() {
				t.Errorf("%s prints\n%s\nwant\n%s", name, &got, &want)
			}
			return
		}
	}
	t.Error("got no cell that runs Bob and Doug, want one")
}

// documentCells returns the ids in cells.tsv.
func documentCells(t *testing.T) (ids []string) {
	t.Helper()
	table, err := os.ReadFile("cells.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if id, _, ok := strings.Cut(line, "\t"); ok && id != "id" {
			ids = append(ids, id)
		}
	}
	if len(ids) != 47 {
		t.Errorf("cells.tsv: got %d rows, want 47", len(ids))
	}
	return ids
}

func sourcesOf(t *testing.T, name string, cell *notebook.Cell) (ids []string) {
	t.Helper()
	raw := cell.Metadata("source")
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &ids); err != nil {
		t.Errorf("%s: cell %s: the metadata source: %v", name, cell.ID(), err)
	}
	return ids
}
