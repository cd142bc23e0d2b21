// Package coursetest has what the tests of coursework and of the packages below it
// share: the sample course in coursework/testdata/course, with the assignment demo,
// and submissions for it.
package coursetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// Dir returns the folder of the sample course.
func Dir(t testing.TB) string {
	t.Helper()
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "kernel-helpers", "internal", "coursework", "testdata", "course")
}

// Demo returns the sample course's assignment demo. It has one notebook with the
// exercises each and count.
func Demo(t testing.TB) *course.Assignment {
	t.Helper()
	f, err := course.OpenFolder(Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	a, err := f.Assignment("demo")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Exercise returns an exercise of the demo.
func Exercise(t testing.TB, name string) *course.Exercise {
	t.Helper()
	for _, e := range Demo(t).Notebooks[0].Exercises {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("the demo has no exercise %s", name)
	return nil
}

// Solution returns the reference solution of an exercise of the demo.
func Solution(t testing.TB, exercise string) string {
	t.Helper()
	return Exercise(t, exercise).Answers[0].Text
}

// NewClass copies the sample course and adds submissions of the demo, by student
// and grade_id. An answer cell that isn't named is as released.
func NewClass(t testing.TB, answers map[string]map[string]string) *course.Folder {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(Dir(t))); err != nil {
		t.Fatal(err)
	}
	for student, answers := range answers {
		Submit(t, dir, student, Fill(t, answers))
	}
	f, err := course.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Submit puts a notebook of the demo into submitted/ of the course in dir.
func Submit(t testing.TB, dir, student string, text []byte) {
	t.Helper()
	folder := filepath.Join(dir, "submitted", student, "demo")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "demo.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Cell is a notebook's cell as JSON. Its source is a string.
type Cell = map[string]any

// Fill returns the notebook of a student: the demo as released, with answers by
// grade_id.
func Fill(t testing.TB, answers map[string]string) []byte {
	t.Helper()
	return Edit(t, func(cells []Cell) []Cell {
		for _, c := range cells {
			source, _ := c["source"].(string)
			if text, found := answers[GradeID(c)]; found {
				c["source"] = text
			} else if isAnswer(c) {
				c["source"] = course.Code{Text: source}.Stub().Text
			} else {
				c["source"] = course.Code{Text: source}.WithoutHidden().Text
			}
		}
		return cells
	})
}

// Edit returns the demo's source notebook with changed cells.
func Edit(t testing.TB, change func([]Cell) []Cell) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Dir(t), "source", "demo", "demo.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var cells []Cell
	for i, c := range doc["cells"].([]any) {
		cell := c.(Cell)
		cell["source"] = nb.Cells()[i].Source()
		cells = append(cells, cell)
	}
	doc["cells"] = change(cells)
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	return text
}

// GradeID returns a cell's grade_id, or "".
func GradeID(c Cell) string {
	id, _ := metadata(c)["grade_id"].(string)
	return id
}

func isAnswer(c Cell) bool {
	solution, _ := metadata(c)["solution"].(bool)
	grade, _ := metadata(c)["grade"].(bool)
	return solution && !grade
}

func metadata(c Cell) map[string]any {
	m, _ := c["metadata"].(map[string]any)["nbgrader"].(map[string]any)
	return m
}

// WantStatuses fails the test if the exercise's tests ended otherwise.
func WantStatuses(t testing.TB, e course.ExerciseResult, want ...course.Status) {
	t.Helper()
	var got []course.Status
	for _, test := range e.Tests {
		got = append(got, test.Status)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got tests that ended as %v, want %v; %+v", e.Name, got, want, e)
	}
}

// RightCount is an answer to count that compiles, so that tests can add to it.
const RightCount = `func Count(texts []string) map[string]int { return map[string]int{} }
`
