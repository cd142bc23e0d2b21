package coursework

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// readDemo reads a notebook as a submission of the demo.
func readDemo(t *testing.T, text []byte) (*handedIn, *Sheet, error) {
	t.Helper()
	_, a := demo(t)
	h, err := readHandedIn(text, a.Sheets[0])
	return h, a.Sheets[0], err
}

func TestCellsThatWereDeletedDoubledOrChangedAreTold(t *testing.T) {
	text := edit(t, func(cells []cellJSON) []cellJSON {
		var kept []cellJSON
		for _, c := range cells {
			switch gradeID(c) {
			case "each": // deleted
				continue
			case "shared-job":
				c["source"] = "type Job struct{ Name string; Cheat bool }"
			case "count":
				twin := cellJSON{}
				for k, v := range c {
					twin[k] = v
				}
				twin["id"], twin["source"] = "twin", "func Count() {}"
				kept = append(kept, c, twin)
				continue
			case "count-tests":
				continue
			}
			c["source"] = withoutHidden(c["source"].(string))
			kept = append(kept, c)
		}
		return kept
	})
	h, s, err := readDemo(t, text)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, p := range h.problems {
		said[p.Cell] += p.Text
	}
	for cell, want := range map[string]string{"shared-job": "changed", "count": "twice", "count-tests": "deleted"} {
		if !strings.Contains(said[cell], want) {
			t.Errorf("of %s is said %q, want that it was %s", cell, said[cell], want)
		}
	}
	if said["each-tests"] != "" {
		t.Errorf("of an unchanged cell is said %q", said["each-tests"])
	}
	if _, missing := h.answers(s.Exercises[0]); len(missing) != 1 || missing[0].Kind != Missing || missing[0].Cell != "each" {
		t.Errorf("a deleted answer is told as %v", missing)
	}
	if answers, _ := h.answers(s.Exercises[1]); len(answers) != 1 || answers[0].Source != "func Count() {}" {
		t.Errorf("of two answers %v is graded, want the lower one", answers)
	}
}

func TestWhatIsThereAThousandTimesIsToldInAFewLines(t *testing.T) {
	text := edit(t, func(cells []cellJSON) []cellJSON {
		for _, c := range cells[:len(cells):len(cells)] {
			for range 1000 {
				cells = append(cells, c)
			}
		}
		return cells
	})
	h, s, err := readDemo(t, text)
	if err != nil || len(h.problems) > 2*len(s.Exercises)*3 {
		t.Errorf("%d problems (%v)", len(h.problems), err)
	}
	notes := dropped([]Code{{Cell: "count", Text: strings.Repeat("%x\n", 1000)}})
	if len(notes) != mostProblems+1 || !strings.HasPrefix(notes[mostProblems].Text, "990 more") {
		t.Errorf("%d notes, the last is %+v", len(notes), notes[len(notes)-1])
	}
}

func TestAReleasedNotebookHasNoProblems(t *testing.T) {
	h, _, err := readDemo(t, fill(t, nil))
	if err != nil || len(h.problems) > 0 {
		t.Errorf("problems are %v (%v)", h.problems, err)
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
			t.Errorf("%s: %v", what, err)
			continue
		}
		if answers, _ := h.answers(s.Exercises[1]); len(answers) != 1 || answers[0].Source != "func Count() {}" {
			t.Errorf("%s: the answer is %v", what, answers)
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
		if _, err := openPlain(root, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error about %s", name, err, want)
		}
	}
}

func TestCollectTakesNotebooksAndZipsAndNothingThatLeadsOut(t *testing.T) {
	c := newClass(t, nil)
	text := fill(t, nil)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	var class, own bytes.Buffer
	pack(t, &class, map[string][]byte{"bob/demo.ipynb": text, "carl_demo.ipynb": text, "dora/demo/demo.ipynb": text,
		"../../evil.ipynb": text, "/etc/evil.ipynb": text, `..\evil.ipynb`: text, "a/../../evil.ipynb": text, "notes.txt": text, "turned\u202eround/demo.ipynb": text, "no\xffname.ipynb": text})
	pack(t, &own, map[string][]byte{"demo.ipynb": text})
	list, err := Collect(t.Context(), c, "demo", []string{
		write("ada.ipynb", text), write("class.zip", class.Bytes()), write("emil.zip", own.Bytes()), write("x.pdf", nil), write("broken.zip", []byte("no zip")),
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	taken, refused := map[string]bool{}, 0
	for _, l := range list {
		if l.Refused != "" {
			refused++
			continue
		}
		taken[l.Student] = true
		if got, err := os.ReadFile(filepath.Join(c.Dir, "submitted", l.Student, "demo", "demo.ipynb")); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s's notebook is not what was handed in (%v)", l.Student, err)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "submitted", l.Student, "demo", "timestamp.txt")); err != nil {
			t.Error(err)
		}
	}
	if len(taken) != 5 || !taken["ada"] || !taken["bob"] || !taken["carl"] || !taken["dora"] || !taken["emil"] || refused != 9 {
		t.Errorf("taken are %v, refused %d: %+v", taken, refused, list)
	}
	var theirs bytes.Buffer
	pack(t, &theirs, map[string][]byte{"ada/demo.ipynb": []byte("{}"), "demo.ipynb": text})
	for _, replace := range []bool{false, true} {
		list, err := Collect(t.Context(), c, "demo", []string{write("mallory.zip", theirs.Bytes())}, replace)
		if err != nil {
			t.Fatal(err)
		}
		if refused := slices.ContainsFunc(list, func(l Collected) bool { return strings.Contains(l.Refused, "ada has handed in already") }); refused == replace {
			t.Errorf("with replace %t, mallory's notebook of ada is told as %+v", replace, list)
		}
		if err := os.RemoveAll(filepath.Join(c.Dir, "submitted", "mallory")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(c.Dir, "submitted"))
	if err != nil || len(entries) != 5 {
		t.Errorf("submitted/ holds %v (%v)", entries, err)
	}
}

func TestTheOlderOfTwoNotebooksOfAnAssignmentIsCollectedToo(t *testing.T) {
	c := newClass(t, nil)
	source := filepath.Join(c.Dir, "source", "demo", "demo.ipynb")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(source), "more.ipynb"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	hand := func(name, content string, when time.Time) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(file, []byte(content), 0o600), os.Chtimes(file, when, when)); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, file := range []string{hand("ada_demo.ipynb", "new", noon), hand("ada_more.ipynb", "older", noon.Add(-time.Hour)), hand("ada-demo.ipynb", "old", noon.Add(-time.Hour))} {
		if _, err := Collect(t.Context(), c, "demo", []string{file}, false); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"demo.ipynb": "new", "more.ipynb": "older", "timestamp.txt": "2026-11-20 12:00:00.000000 UTC\n"} {
		if got, err := os.ReadFile(filepath.Join(c.Dir, "submitted", "ada", "demo", name)); string(got) != want {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
}

func pack(t *testing.T, to *bytes.Buffer, files map[string][]byte) {
	t.Helper()
	w := zip.NewWriter(to)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzHandedInNotebooksNeverPanic(f *testing.F) {
	f.Add([]byte(`{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}`))
	f.Add([]byte(`{"cells":[{"cell_type":"code","metadata":{"nbgrader":{"grade_id":"each","solution":true}},"source":["%%x\n","!y"],"outputs":[]}],"metadata":{},"nbformat":4,"nbformat_minor":4}`))
	c, err := OpenCourse(filepath.Join("testdata", "course"))
	if err != nil {
		f.Fatal(err)
	}
	a, err := c.Assignment("demo")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := readHandedIn(text, a.Sheets[0])
		if err != nil {
			return
		}
		for _, e := range a.Sheets[0].Exercises {
			answers, _ := h.answers(e)
			for _, x := range answers {
				dropped([]Code{{Cell: x.Cell, Text: x.Source}})
				asFile("answer", Code{Cell: x.Cell, Text: x.Source}, knownNames([]string{"fmt"}), nil)
			}
		}
	})
}

func TestANotebookOfMillionsOfCellsTakesLittleMemory(t *testing.T) {
	text := []byte(`{"cells":[{}` + strings.Repeat(",{}", (MaxNotebook-20)/3) + `]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cells, err := looseCells(text)
	runtime.ReadMemStats(&after)
	if err != nil || len(cells) > 0 {
		t.Errorf("%d cells (%v)", len(cells), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 10*MaxNotebook {
		t.Errorf("%d MB for a notebook of %d MB", took>>20, MaxNotebook>>20)
	}
}
