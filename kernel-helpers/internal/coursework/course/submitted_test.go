package course_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// readDemo parses a notebook as a submission of the demo.
func readDemo(t *testing.T, text []byte) (*course.Submitted, *course.Notebook, error) {
	t.Helper()
	a := coursetest.Demo(t)
	h, err := course.ParseSubmitted(text, a.Notebooks[0])
	return h, a.Notebooks[0], err
}

func TestDeletedCopiedAndChangedCellsAreReported(t *testing.T) {
	text := coursetest.Edit(t, func(cells []coursetest.Cell) []coursetest.Cell {
		var kept []coursetest.Cell
		for _, c := range cells {
			switch coursetest.GradeID(c) {
			case "each": // deleted
				continue
			case "shared-job":
				c["source"] = "type Job struct{ Name string; Cheat bool }"
			case "count":
				twin := coursetest.Cell{}
				for k, v := range c {
					twin[k] = v
				}
				twin["id"], twin["source"] = "twin", "func Count() {}"
				kept = append(kept, c, twin)
				continue
			case "count-tests":
				continue
			}
			c["source"] = course.Code{Text: c["source"].(string)}.WithoutHidden().Text
			kept = append(kept, c)
		}
		return kept
	})
	h, s, err := readDemo(t, text)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, p := range h.Problems {
		said[p.Cell] += p.Text
	}
	for cell, want := range map[string]string{"shared-job": "changed", "count": "twice", "count-tests": "deleted"} {
		if !strings.Contains(said[cell], want) {
			t.Errorf("%s: got the notes %q, want %s", cell, said[cell], want)
		}
	}
	if said["each-tests"] != "" {
		t.Errorf("an unchanged cell: got the notes %q, want none", said["each-tests"])
	}
	if _, missing := h.Answers(s.Exercises[0]); len(missing) != 1 || missing[0].Kind != course.Missing || missing[0].Cell != "each" {
		t.Errorf("a deleted answer: got %v, want that each is missing", missing)
	}
	if answers, _ := h.Answers(s.Exercises[1]); len(answers) != 1 || answers[0].Text != "func Count() {}" {
		t.Errorf("of two answers: got %v, want the lower one", answers)
	}
}

func TestAThousandCopiesAreReportedInAFewLines(t *testing.T) {
	text := coursetest.Edit(t, func(cells []coursetest.Cell) []coursetest.Cell {
		for _, c := range cells[:len(cells):len(cells)] {
			for range 1000 {
				cells = append(cells, c)
			}
		}
		return cells
	})
	h, s, err := readDemo(t, text)
	if err != nil || len(h.Problems) > 2*len(s.Exercises)*3 {
		t.Errorf("got %d problems (%v), want a few", len(h.Problems), err)
	}
}

func TestAReleasedNotebookHasNoProblems(t *testing.T) {
	h, _, err := readDemo(t, coursetest.Fill(t, nil))
	if err != nil || len(h.Problems) > 0 {
		t.Errorf("got the problems %v (%v), want none", h.Problems, err)
	}
}

func TestARightAnswerCountsWhateverWroteTheNotebook(t *testing.T) {
	for what, text := range map[string]string{
		"two cells of one id": `{"cells":[{"id":"a","cell_type":"code","metadata":{"nbgrader":{"grade_id":"count","solution":true}},"source":["func ","Count() {}"],"outputs":[]},{"id":"a","metadata":{},"source":""}],"metadata":{},"nbformat":4,"nbformat_minor":5}`,
		"no outputs":          `{"cells":[{"metadata":{"nbgrader":{"grade_id":"count"}},"source":"func Count() {}"}]}`,
		"odd metadata beside": `{"cells":[{"metadata":{"nbgrader":7},"source":1},{"metadata":{"nbgrader":{"grade_id":"count"}},"source":"func Count() {}"}],"nbformat":3}`,
	} {
		h, s, err := readDemo(t, []byte(text))
		if err != nil {
			t.Errorf("%s: got the error %v, want none", what, err)
			continue
		}
		if answers, _ := h.Answers(s.Exercises[1]); len(answers) != 1 || answers[0].Text != "func Count() {}" {
			t.Errorf("%s: got the answers %v, want func Count() {}", what, answers)
		}
	}
}

func TestOnlyPlainFilesOfTheSubmissionAreRead(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "solution.ipynb")
	if err := os.WriteFile(secret, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.ipynb")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.ipynb"), 0o700); err != nil {
		t.Fatal(err)
	}
	huge, err := os.Create(filepath.Join(dir, "huge.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := huge.Truncate(500 << 20); err != nil {
		t.Fatal(err)
	}
	huge.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]string{"link.ipynb": "symbolic link", "folder.ipynb": "plain file", "huge.ipynb": "500 MB"} {
		if _, err := course.ReadPlain(root, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want one about %s", name, err, want)
		}
	}
}
