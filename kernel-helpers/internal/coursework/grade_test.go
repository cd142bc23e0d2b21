package coursework

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAClassIsGradedAndResultsAreKept(t *testing.T) {
	c := newClass(t, map[string]map[string]string{
		"ada":  {"each": solution(t, "each"), "count": solution(t, "count")},
		"bob":  {"each": solution(t, "each")},
		"carl": {"count": "func Count(texts []string) map[string]int { return map[string]int{} }"},
	})
	results, err := Grade(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		student string
		score   float64
	}{{"ada", 5}, {"bob", 3}, {"carl", 1}} {
		if r := results[i]; r.Student != want.student || r.Score != want.score || r.MaxScore != 5 || r.ToGrade != 2 {
			t.Errorf("result %d is %s: %g of %g, %g by hand; want %s: %g of 5, 2 by hand", i, r.Student, r.Score, r.MaxScore, r.ToGrade, want.student, want.score)
		}
	}
	if p := results[1].Notebooks[0].Exercises[1].Problems; len(p) != 1 || p[0].Kind != Missing {
		t.Errorf("an answer as handed out has the problems %v, want that it's missing", p)
	}

	kept, err := c.Results("demo")
	if err != nil || len(kept) != 3 || kept[0].Inputs != results[0].Inputs {
		t.Fatalf("kept are %d results (%v)", len(kept), err)
	}
	fresh := 0
	count := func(_ Result, isFresh bool, _, _ int) {
		if isFresh {
			fresh++
		}
	}
	if _, err := Grade(t.Context(), c, "demo", GradeOptions{Progress: count}); err != nil || fresh != 0 {
		t.Errorf("%d were graded again though nothing changed (%v)", fresh, err)
	}
	writeSubmission(t, c.Dir, "bob", fill(t, map[string]string{"count": solution(t, "count")}))
	again, err := Grade(t.Context(), c, "demo", GradeOptions{Progress: count})
	if err != nil || fresh != 1 || again[1].Score != 2 {
		t.Errorf("%d were graded after one was handed in anew, bob has %g, want 1 and 2 (%v)", fresh, again[1].Score, err)
	}
}

func TestAnInterruptedRunKeepsWhatItHas(t *testing.T) {
	c := newClass(t, map[string]map[string]string{
		"ada": {"count": solution(t, "count")}, "bob": {"count": solution(t, "count") + "\n"}, "carl": {"count": solution(t, "count") + "\n\n"},
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("the teacher went home")
	results, err := Grade(ctx, c, "demo", GradeOptions{Parallel: 1, Progress: func(Result, bool, int, int) { cancel(stop) }})
	if err == nil || len(results) != 1 {
		t.Fatalf("the interrupted run gave %d results and the error %v", len(results), err)
	}
	fresh := 0
	results, err = Grade(t.Context(), c, "demo", GradeOptions{Progress: func(_ Result, isFresh bool, _, _ int) {
		if isFresh {
			fresh++
		}
	}})
	if err != nil || len(results) != 3 || fresh != 2 {
		t.Errorf("the next run graded %d of %d (%v), want 2 of 3", fresh, len(results), err)
	}
	left, _ := filepath.Glob(filepath.Join(c.Dir, "results", "demo", ".*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDaysLateCost(t *testing.T) {
	c := newClass(t, nil)
	for student, stamp := range map[string]string{
		"early": "2026-11-20 11:59:59.000000 UTC", "free": "2026-11-20 12:00:01.000000 UTC",
		"two": "2026-11-21 12:00:01.5 UTC", "gone": "2026-12-24 18:00:00.0 UTC", "unclear": "yesterday",
	} {
		writeSubmission(t, c.Dir, student, fill(t, map[string]string{"each": solution(t, "each"), "count": solution(t, "count")}))
		if err := os.WriteFile(filepath.Join(c.Dir, "submitted", student, "demo", "timestamp.txt"), []byte(stamp), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, err := Grade(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		want := map[string][3]float64{"early": {0, 0, 5}, "free": {1, 0, 5}, "two": {2, 0.5, 4.5}, "gone": {35, 5, 0}, "unclear": {0, 0, 5}}[r.Student]
		if got := [3]float64{float64(r.DaysLate), r.Penalty, r.Score}; got != want {
			t.Errorf("%s: days late, penalty and score are %v, want %v", r.Student, got, want)
		}
	}
}

func TestAChangeOfWhatTestsAreMadeOfIsANewGrading(t *testing.T) {
	checkout := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(checkout, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module "+modulePath+"\n\ngo 1.26\n")
	write("c/"+CourseFile, "{}")
	c, err := OpenCourse(filepath.Join(checkout, "c"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, harness := range []string{"package harness\n", "package harness\n\nvar x = 1\n", "package harness\n"} {
		write("kernel-helpers/internal/coursework/harness/harness.go", harness)
		digest, err := (&Assignment{Name: "demo"}).digest(t.Context(), c, false)
		if err != nil {
			t.Fatal(err)
		}
		seen[digest] = true
	}
	if len(seen) != 2 {
		t.Errorf("two harnesses have %d digests", len(seen))
	}
}

func TestATimeFarAwayIsLate(t *testing.T) {
	due := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	r := Result{Score: 5, MaxScore: 5, Submitted: due.AddDate(5000, 0, 0)}
	LatePolicy{LastDay: 7}.apply(&r, due)
	if r.Score != 0 || r.Penalty != 5 || r.DaysLate < 100_000 {
		t.Errorf("%+v", r)
	}
}

func TestTimestampsAreReadInTheirTimeZone(t *testing.T) {
	for text, want := range map[string]int{"UTC": 17, "GMT": 17, "CET": 16, "Europe/Berlin": 16, "EST": 22, "+0200": 15} {
		if got, err := parseTimestamp("2026-11-27 17:00:00.000000 " + text + "\n"); err != nil || got.Hour() != want {
			t.Errorf("17:00 %s is %v (%v), want %d:00 UTC", text, got, err, want)
		}
	}
	if got, err := parseTimestamp("2026-11-27 17:00:00.000000 XYZT"); err == nil {
		t.Errorf("a zone that nobody knows is %v", got)
	}
}

func TestEqualSubmissionsGetEqualResults(t *testing.T) {
	c := newClass(t, map[string]map[string]string{"ada": {"each": "func Each() {}", "count": solution(t, "count")}})
	first, err := Grade(t.Context(), c, "demo", GradeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Grade(t.Context(), c, "demo", GradeOptions{Again: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := first[0].Notebooks[0].Exercises, second[0].Notebooks[0].Exercises
	if a[0].Score != b[0].Score || a[0].Problems[0] != b[0].Problems[0] || a[1].Score != b[1].Score {
		t.Errorf("the same submission got %+v, then %+v", a, b)
	}
	if p := a[0].Problems[0]; p.Kind != Compile || !strings.Contains(p.Text, "signature") {
		t.Errorf("a changed signature is told as %+v", p)
	}
}

func TestAFolderThatNoStudentCanHaveIsToldOf(t *testing.T) {
	c := newClass(t, map[string]map[string]string{"ada": nil, "DOM:bob": nil})
	var told []string
	results, err := Grade(t.Context(), c, "demo", GradeOptions{Notice: func(text string) { told = append(told, text) }})
	if err != nil || len(results) != 1 || len(told) != 1 || !strings.Contains(told[0], "DOM:bob") {
		t.Errorf("graded were %d, told %q (%v)", len(results), told, err)
	}
}

func TestWithoutSubmissionsTheErrorSaysWhereTheyBelong(t *testing.T) {
	c := newClass(t, nil)
	if _, err := Grade(t.Context(), c, "demo", GradeOptions{}); err == nil || !strings.Contains(err.Error(), filepath.Join("submitted", "STUDENT", "demo")) {
		t.Errorf("the error is %v", err)
	}
	if _, err := Grade(t.Context(), c, "nonsense", GradeOptions{}); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("an unknown assignment gives %v", err)
	}
	if _, err := Grade(t.Context(), c, "../demo", GradeOptions{}); err == nil {
		t.Error("a path is taken for an assignment's name")
	}
}
