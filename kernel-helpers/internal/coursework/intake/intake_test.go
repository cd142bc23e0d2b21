package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestCollectTakesNotebooksAndZipsAndNothingThatLeadsOut(t *testing.T) {
	c := coursetest.NewClass(t, nil)
	text := coursetest.Fill(t, nil)
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
	list, err := Collect(t.Context(), c, demo(t, c), []string{
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
			t.Errorf("%s: got another notebook than was handed in (%v)", l.Student, err)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "submitted", l.Student, "demo", "timestamp.txt")); err != nil {
			t.Error(err)
		}
	}
	if len(taken) != 5 || !taken["ada"] || !taken["bob"] || !taken["carl"] || !taken["dora"] || !taken["emil"] || refused != 9 {
		t.Errorf("got notebooks of %v and %d refused, want ada, bob, carl, dora and emil, and 9: %+v", taken, refused, list)
	}
	var theirs bytes.Buffer
	pack(t, &theirs, map[string][]byte{"ada/demo.ipynb": []byte("{}"), "demo.ipynb": text})
	for _, replace := range []bool{false, true} {
		list, err := Collect(t.Context(), c, demo(t, c), []string{write("mallory.zip", theirs.Bytes())}, replace)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(list, func(l File) bool { return strings.Contains(l.Refused, "mallory.zip is the zip file of one student") }) {
			t.Errorf("replace %t: got %+v for mallory's notebook of ada", replace, list)
		}
		if err := os.RemoveAll(filepath.Join(c.Dir, "submitted", "mallory")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(c.Dir, "submitted"))
	if err != nil || len(entries) != 5 {
		t.Errorf("got %v in submitted/ (%v), want 5 students", entries, err)
	}
}

func TestTheOlderOfTwoNotebooksOfAnAssignmentIsCollected(t *testing.T) {
	c := coursetest.NewClass(t, nil)
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
		if _, err := Collect(t.Context(), c, demo(t, c), []string{file}, false); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"demo.ipynb": "new", "more.ipynb": "older", "timestamp.txt": "2026-11-20 12:00:00.000000 UTC\n"} {
		if got, err := os.ReadFile(filepath.Join(c.Dir, "submitted", "ada", "demo", name)); string(got) != want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, want)
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

// demo opens the assignment demo of a course.
func demo(t *testing.T, f *course.Folder) *course.Assignment {
	t.Helper()
	a, err := f.Assignment("demo")
	if err != nil {
		t.Fatal(err)
	}
	return a
}
