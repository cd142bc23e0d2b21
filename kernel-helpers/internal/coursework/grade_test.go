package coursework

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// gradeAll grades without nbgrader.
func gradeAll(ctx context.Context, c *Course, assignment string, o GradeOptions) ([]course.Result, error) {
	o.NoGradebook = true
	r, err := c.Grade(ctx, assignment, o)
	return r.Results, err
}

func TestAClassIsGradedAndResultsAreKept(t *testing.T) {
	c := openClass(t, map[string]map[string]string{
		"ada":  {"each": coursetest.Solution(t, "each"), "count": coursetest.Solution(t, "count")},
		"bob":  {"each": coursetest.Solution(t, "each")},
		"carl": {"count": "func Count(texts []string) map[string]int { return map[string]int{} }"},
	})
	results, err := gradeAll(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		student string
		score   float64
	}{{"ada", 5}, {"bob", 3}, {"carl", 1}} {
		if r := results[i]; r.Student != want.student || r.Score != want.score || r.MaxScore != 5 || r.ToGrade != 2 {
			t.Errorf("result %d: got %s with %g of %g, %g by hand; want %s with %g of 5, 2 by hand", i, r.Student, r.Score, r.MaxScore, r.ToGrade, want.student, want.score)
		}
	}
	if p := results[1].Notebooks[0].Exercises[1].Problems; len(p) != 1 || p[0].Kind != course.Missing {
		t.Errorf("an answer as handed out: got the problems %v, want that it is missing", p)
	}

	kept, err := c.Results("demo")
	if err != nil || len(kept) != 3 || kept[0].Inputs != results[0].Inputs {
		t.Fatalf("got %d stored results (%v), want 3 with the same inputs", len(kept), err)
	}
	fresh := 0
	count := func(_ course.Result, isFresh bool, _, _ int) {
		if isFresh {
			fresh++
		}
	}
	if _, err := gradeAll(t.Context(), c, "demo", GradeOptions{Progress: count}); err != nil || fresh != 0 {
		t.Errorf("got %d submissions graded again (%v), want none as nothing changed", fresh, err)
	}
	coursetest.Submit(t, c.Dir, "bob", coursetest.Fill(t, map[string]string{"count": coursetest.Solution(t, "count")}))
	again, err := gradeAll(t.Context(), c, "demo", GradeOptions{Progress: count})
	if err != nil || fresh != 1 || again[1].Score != 2 {
		t.Errorf("after bob handed in again: got %d graded and %g points for bob (%v), want 1 and 2", fresh, again[1].Score, err)
	}
}

func TestAnInterruptedRunKeepsWhatItHas(t *testing.T) {
	c := openClass(t, map[string]map[string]string{
		"ada": {"count": coursetest.Solution(t, "count")}, "bob": {"count": coursetest.Solution(t, "count") + "\n"}, "carl": {"count": coursetest.Solution(t, "count") + "\n\n"},
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("the teacher went home")
	results, err := gradeAll(ctx, c, "demo", GradeOptions{Parallel: 1, Progress: func(course.Result, bool, int, int) { cancel(stop) }})
	if err == nil || len(results) != 1 {
		t.Fatalf("interrupted: got %d results and the error %v, want 1 and an error", len(results), err)
	}
	fresh := 0
	results, err = gradeAll(t.Context(), c, "demo", GradeOptions{Progress: func(_ course.Result, isFresh bool, _, _ int) {
		if isFresh {
			fresh++
		}
	}})
	if err != nil || len(results) != 3 || fresh != 2 {
		t.Errorf("continued: got %d of %d graded (%v), want 2 of 3", fresh, len(results), err)
	}
	left, _ := filepath.Glob(filepath.Join(c.Dir, "results", "demo", ".*"))
	if len(left) > 0 {
		t.Errorf("got the leftovers %v, want none", left)
	}
}

func TestDaysLateCost(t *testing.T) {
	c := openClass(t, nil)
	for student, stamp := range map[string]string{
		"early": "2026-11-20 11:59:59.000000 UTC", "free": "2026-11-20 12:00:01.000000 UTC",
		"two": "2026-11-21 12:00:01.5 UTC", "gone": "2026-12-24 18:00:00.0 UTC", "unclear": "yesterday",
	} {
		coursetest.Submit(t, c.Dir, student, coursetest.Fill(t, map[string]string{"each": coursetest.Solution(t, "each"), "count": coursetest.Solution(t, "count")}))
		if err := os.WriteFile(filepath.Join(c.Dir, "submitted", student, "demo", "timestamp.txt"), []byte(stamp), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, err := gradeAll(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		want := map[string][3]float64{"early": {0, 0, 5}, "free": {1, 0, 5}, "two": {2, 0.5, 4.5}, "gone": {35, 5, 0}, "unclear": {0, 0, 5}}[r.Student]
		if got := [3]float64{float64(r.DaysLate), r.Penalty, r.Score}; got != want {
			t.Errorf("%s: got days late, penalty and score %v, want %v", r.Student, got, want)
		}
	}
}

func TestAChangeOfTheHarnessIsAChangeOfTheFingerprint(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module "+checkout.Module()+"\n\ngo 1.26\n")
	write("c/"+course.SettingsFile, "{}")
	c, err := Open(filepath.Join(dir, "c"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, harness := range []string{"package harness\n", "package harness\n\nvar x = 1\n", "package harness\n"} {
		write("kernel-helpers/internal/coursework/grader/harness/harness.go", harness)
		digest, err := c.fingerprint(t.Context(), &course.Assignment{Name: "demo"}, false)
		if err != nil {
			t.Fatal(err)
		}
		seen[digest] = true
	}
	if len(seen) != 2 {
		t.Errorf("got %d fingerprints of two harnesses, want 2", len(seen))
	}
}

func TestEqualSubmissionsGetEqualResults(t *testing.T) {
	c := openClass(t, map[string]map[string]string{"ada": {"each": "func Each() {}", "count": coursetest.Solution(t, "count")}})
	first, err := gradeAll(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := gradeAll(t.Context(), c, "demo", GradeOptions{Again: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := first[0].Notebooks[0].Exercises, second[0].Notebooks[0].Exercises
	if a[0].Score != b[0].Score || a[0].Problems[0] != b[0].Problems[0] || a[1].Score != b[1].Score {
		t.Errorf("got %+v and then %+v for the same submission, want equal ones", a, b)
	}
	if p := a[0].Problems[0]; p.Kind != course.Compile || !strings.Contains(p.Text, "signature") {
		t.Errorf("a changed signature: got %+v, want a compile problem about it", p)
	}
}

func TestAFolderThatNoStudentCanHaveIsReported(t *testing.T) {
	c := openClass(t, map[string]map[string]string{"ada": nil, "DOM:bob": nil})
	var told []string
	results, err := gradeAll(t.Context(), c, "demo", GradeOptions{Notice: func(text string) { told = append(told, text) }})
	if err != nil || len(results) != 1 || len(told) != 1 || !strings.Contains(told[0], "DOM:bob") {
		t.Errorf("got %d graded and the notices %q (%v), want 1 and a notice about DOM:bob", len(results), told, err)
	}
}

func TestWithoutSubmissionsTheErrorSaysWhereTheyBelong(t *testing.T) {
	c := openClass(t, nil)
	if _, err := gradeAll(t.Context(), c, "demo", GradeOptions{}); err == nil || !strings.Contains(err.Error(), filepath.Join("submitted", "STUDENT", "demo")) {
		t.Errorf("without submissions: got the error %v, want where they belong", err)
	}
	if _, err := gradeAll(t.Context(), c, "nonsense", GradeOptions{}); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("an unknown assignment: got the error %v, want that demo exists", err)
	}
	if _, err := gradeAll(t.Context(), c, "../demo", GradeOptions{}); err == nil {
		t.Error("got no error for a path in place of an assignment's name")
	}
}
