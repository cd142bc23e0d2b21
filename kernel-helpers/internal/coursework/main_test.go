package coursework

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

func TestMain(m *testing.M) {
	Child() // graders in these tests start this program in the sandbox
	m.Run()
}

// demo is the assignment of testdata/course.
func demo(t *testing.T) (*Course, *Assignment) {
	t.Helper()
	c, err := OpenCourse(filepath.Join("testdata", "course"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Assignment("demo")
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

// sharedKit is made once for all tests, as it is for all submissions of a class.
var sharedKit = sync.OnceValues(func() (*kit, error) {
	c, err := OpenCourse(filepath.Join("testdata", "course"))
	if err != nil {
		return nil, err
	}
	a, err := c.Assignment("demo")
	if err != nil {
		return nil, err
	}
	checkout, err := FindCheckout(c.Dir)
	if err != nil {
		return nil, err
	}
	return newKit(context.Background(), checkout, importsOfSheets(a.Sheets), true)
})

// skipGrading skips a test that grades in -short mode.
func skipGrading(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles answers and runs them in the sandbox")
	}
}

// testBench grades like [Grade], with less patience.
func testBench(t *testing.T) *bench {
	t.Helper()
	skipGrading(t)
	s, err := newSandbox(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	k, err := sharedKit()
	if err != nil {
		t.Fatal(err)
	}
	return &bench{kit: k, sandbox: s, inside: 1, startTime: 8 * time.Second, testTime: 3 * time.Second, known: map[string]ExerciseResult{}}
}

// gradeOne grades one answer to an exercise of the demo.
func gradeOne(t *testing.T, b *bench, exercise, answer string) ExerciseResult {
	t.Helper()
	_, a := demo(t)
	e := exerciseNamed(t, a, exercise)
	results, err := b.grade(t.Context(), []*Exercise{e}, [][]Code{{{Cell: exercise, Text: answer}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

func exerciseNamed(t *testing.T, a *Assignment, name string) *Exercise {
	t.Helper()
	for _, e := range a.Sheets[0].Exercises {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("there is no exercise %s", name)
	return nil
}

// newClass makes a course of its own, with the demo and these submissions:
// student -> grade_id -> answer. An answer cell that isn't named is as released.
func newClass(t *testing.T, handedIn map[string]map[string]string) *Course {
	t.Helper()
	skipGrading(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "course"))); err != nil {
		t.Fatal(err)
	}
	for student, answers := range handedIn {
		writeSubmission(t, dir, student, fill(t, answers))
	}
	c, err := OpenCourse(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func writeSubmission(t *testing.T, course, student string, text []byte) {
	t.Helper()
	folder := filepath.Join(course, "submitted", student, "demo")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "demo.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// cellJSON is a cell as tests change it.
type cellJSON = map[string]any

// fill makes the notebook of a student: as released, with answers.
func fill(t *testing.T, answers map[string]string) []byte {
	t.Helper()
	return edit(t, func(cells []cellJSON) []cellJSON {
		for _, c := range cells {
			id := gradeID(c)
			source, _ := c["source"].(string)
			if text, ok := answers[id]; ok {
				c["source"] = text
			} else if _, isAnswer := isAnswer(c); isAnswer {
				c["source"] = stub(Code{Text: source}).Text
			} else {
				c["source"] = withoutHidden(source)
			}
		}
		return cells
	})
}

// edit makes a notebook of the demo's cells, whose sources are strings.
func edit(t *testing.T, change func([]cellJSON) []cellJSON) []byte {
	t.Helper()
	file := filepath.Join("testdata", "course", "source", "demo", "demo.ipynb")
	text, err := os.ReadFile(file)
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
	var cells []cellJSON
	for i, c := range doc["cells"].([]any) {
		cell := c.(cellJSON)
		cell["source"] = nb.Cells()[i].Source()
		cells = append(cells, cell)
	}
	doc["cells"] = change(cells)
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	return text
}

func gradeID(c cellJSON) string {
	meta, _ := c["metadata"].(map[string]any)["nbgrader"].(map[string]any)
	id, _ := meta["grade_id"].(string)
	return id
}

func isAnswer(c cellJSON) (id string, ok bool) {
	meta, _ := c["metadata"].(map[string]any)["nbgrader"].(map[string]any)
	solution, _ := meta["solution"].(bool)
	grade, _ := meta["grade"].(bool)
	return gradeID(c), solution && !grade
}

// solution is the reference solution of an exercise.
func solution(t *testing.T, exercise string) string {
	t.Helper()
	_, a := demo(t)
	return exerciseNamed(t, a, exercise).Answers[0].Text
}

func statuses(e ExerciseResult) (all []Status) {
	for _, t := range e.Tests {
		all = append(all, t.Status)
	}
	return all
}

func wantStatuses(t *testing.T, e ExerciseResult, want ...Status) {
	t.Helper()
	if got := statuses(e); !slices.Equal(got, want) {
		t.Errorf("%s: tests ended as %v, want %v; %+v", e.Name, got, want, e)
	}
}
