package coursework

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// A student may hand in any file; none decides whose feedback another is.
func TestFeedbackGoesBackUnderTheNamesOfThePlatformsZipFile(t *testing.T) {
	c := openClass(t, nil)
	c = setRoster(t, c, "Student,ID,SIS Login ID,Section\n\"Lovelace, Ada\",17,al1,A\n\"Oh, Pia\",18,po2,A\n")
	file := filepath.Join(t.TempDir(), "submissions.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, name := range []string{"lovelaceada_17_4711_demo.ipynb", "ohpia_LATE_18_4712_demo.ipynb"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(coursetest.Fill(t, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	r, err := c.Collect(t.Context(), "demo", []string{file}, false)
	if err != nil || !r.Complete() {
		t.Fatalf("%v, %+v", err, r)
	}
	for _, student := range []string{"al1", "po2"} {
		if _, err := os.Stat(filepath.Join(c.Dir, "submitted", student, "demo", "demo.ipynb")); err != nil {
			t.Errorf("the platform's name isn't the roster's: %v", err)
		}
		result := coursetest.ExampleResult(student)
		result.Assignment, result.Notebooks[0].Name = "demo", "demo"
		if err := course.WriteResult(c.ResultFile("demo", student), result); err != nil {
			t.Fatal(err)
		}
	}
	back := filepath.Join(t.TempDir(), "back.zip")
	if _, err := c.Feedback(t.Context(), "demo", FeedbackOptions{NoGradebook: true, Zip: back}); err != nil {
		t.Fatal(err)
	}
	in, err := zip.OpenReader(back)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	got := map[string]string{}
	for _, f := range in.File {
		page, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(page)
		got[f.Name] = string(text)
	}
	for name, student := range map[string]string{"lovelaceada_17_4711_demo.html": "al1", "ohpia_LATE_18_4712_demo.html": "po2"} {
		if !strings.Contains(got[name], student) || len(got) != 2 {
			t.Errorf("got %d files, %s without %s", len(got), name, student)
		}
	}
}
