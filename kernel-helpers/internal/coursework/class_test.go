package coursework

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
)

// handIn submits a right answer to count, with a timestamp.
func handIn(t *testing.T, c *Course, student, stamp, answer string) {
	t.Helper()
	coursetest.Submit(t, c.Dir, student, coursetest.Fill(t, map[string]string{"count": answer}))
	if err := os.WriteFile(filepath.Join(c.Dir, "submitted", student, "demo", course.TimestampFile), []byte(stamp), 0o600); err != nil {
		t.Fatal(err)
	}
}

// setRoster writes roster.csv and opens the course again.
func setRoster(t *testing.T, c *Course, text string) *Course {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.Dir, roster.File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestTheRosterSaysWhoTakesPartAndWhenWorkIsDue(t *testing.T) {
	coursetest.SkipGrading(t)
	c := openClass(t, nil)
	right := coursetest.Solution(t, "count")
	const wrong = "func Count(texts []string) map[string]int { return nil }"
	late := "2026-11-20 12:10:00.0 UTC" // ten minutes
	for student, one := range map[string][2]string{
		"late": {late, right}, "grace": {late, right}, "extended": {"2026-11-22 11:00:00.0 UTC", right}, "mallory": {late, right},
		"g1": {"2026-11-20 10:00:00.0 UTC", wrong}, "g2": {"2026-11-20 11:00:00.0 UTC", right},
	} {
		handIn(t, c, student, one[0], one[1])
	}
	c = setRoster(t, c, "student,group,extension,grace\nlate,,,\ngrace,,,15m\nextended,,demo=2 days,\ng1,blue,,\ng2,blue,,\ng3,blue,,\nzoe,,,\n")
	var notices []string
	o := GradeOptions{Notice: func(text string) { notices = append(notices, text) }}
	results, err := gradeAll(t.Context(), c, "demo", o)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]course.Result{}
	for _, r := range results {
		byName[r.Student] = r
	}
	if got := slices.Sorted(maps.Keys(byName)); !slices.Equal(got, []string{"extended", "g1", "g2", "g3", "grace", "late", "zoe"}) {
		t.Fatalf("got results of %v, want of all on the roster", got)
	}
	for student, want := range map[string]int{"late": 1, "grace": 0, "extended": 0} {
		if got := byName[student].DaysLate; got != want {
			t.Errorf("%s: got %d days late, want %d", student, got, want)
		}
	}
	if r := byName["zoe"]; !r.Absent || r.Score != 0 || r.MaxScore != 5 || len(r.Notebooks) != 1 {
		t.Errorf("who is absent: got %+v, want 0 of 5", r)
	}
	for _, student := range []string{"g1", "g2", "g3"} {
		r := byName[student]
		if by := map[string]string{"g1": "g2", "g3": "g2"}[student]; r.Score != 2 || r.SubmittedBy != by || len(r.Problems) == 0 {
			t.Errorf("%s: got %g points of the submission of %q (%v), want 2 of %q, and a note", student, r.Score, r.SubmittedBy, r.Problems, by)
		}
	}
	if all := strings.Join(notices, "\n"); !strings.Contains(all, "mallory handed in demo, but is not on the roster") {
		t.Errorf("got the notices %s, want one about mallory", all)
	}

	// An extension changes that student's result and no other.
	c = setRoster(t, c, "student,group,extension,grace\nlate,,1h,\ngrace,,,15m\nextended,,demo=2 days,\ng1,blue,,\ng2,blue,,\ng3,blue,,\nzoe,,,\n")
	var fresh []string
	_, err = gradeAll(t.Context(), c, "demo", GradeOptions{Progress: func(r course.Result, isFresh bool, _, _ int) {
		if isFresh {
			fresh = append(fresh, r.Student)
		}
	}})
	if err != nil || !slices.Equal(fresh, []string{"late"}) {
		t.Errorf("after an extension: got %v graded again (%v), want late", fresh, err)
	}

	// A student who isn't on the roster any more is gone everywhere, and nothing is lost.
	if _, err := c.Feedback(t.Context(), "demo", FeedbackOptions{NoGradebook: true}); err != nil {
		t.Fatal(err)
	}
	c = setRoster(t, c, "student\nlate\ngrace\n")
	if all, err := c.Export("demo"); err != nil || len(all.Results) != 2 {
		t.Errorf("export: got %d results (%v), want 2", len(all.Results), err)
	}
	if _, err := gradeAll(t.Context(), c, "demo", o); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"results/demo/zoe.json", "feedback/zoe", "grades.csv"} {
		text, err := os.ReadFile(filepath.Join(c.Dir, place))
		if !errors.Is(err, os.ErrNotExist) && (err != nil || strings.Contains(string(text), "zoe")) {
			t.Errorf("%s: zoe is there (%v), want them gone", place, err)
		}
	}
	for _, kept := range []string{"removed/zoe/demo.json", "removed/zoe/feedback/demo/demo.html"} {
		if _, err := os.Stat(filepath.Join(c.Dir, kept)); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutARosterWhoseFolderIsGoneIsGone(t *testing.T) {
	coursetest.SkipGrading(t)
	c := openClass(t, nil)
	for _, student := range []string{"ada", "zoe"} {
		handIn(t, c, student, "2026-11-20 10:00:00.0 UTC", "func Count(texts []string) map[string]int { return nil }")
	}
	if _, err := gradeAll(t.Context(), c, "demo", GradeOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(c.Dir, "submitted", "zoe")); err != nil {
		t.Fatal(err)
	}
	if _, err := gradeAll(t.Context(), c, "demo", GradeOptions{}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(c.Dir, "grades.csv"))
	if err != nil || strings.Contains(string(text), "zoe") || !strings.Contains(string(text), "ada") {
		t.Errorf("got the grades (%v)\n%s, want ada's and not zoe's", err, text)
	}
}

func TestARemovedStudentIsGoneFromTheGradebook(t *testing.T) {
	longtest.Only(t)
	python := coursetest.NeedPython(t)
	dir := releasedCourse(t)
	for _, student := range []string{"ada", "zoe"} {
		handInPS1(t, dir, student)
		if err := course.WriteResult(filepath.Join(dir, "results", "ps1", student+".json"), coursetest.ExampleResult(student)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c = setRoster(t, c, "student\nada\nzoe\n")
	if _, err := c.Feedback(t.Context(), "ps1", FeedbackOptions{}); err != nil {
		t.Fatal(err)
	}
	c = setRoster(t, c, "student\nada\nbob\n")
	r, err := c.ReadRoster(t.Context(), true, func(string) {})
	if err != nil || !slices.Equal(r.Removed, []string{"zoe"}) {
		t.Fatalf("got %v removed (%v), want zoe", r, err)
	}
	if got := slices.Sorted(maps.Keys(nbgraderGrades(t, python, dir))); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("got %v in the gradebook, want ada", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "removed", "zoe", "gradebook.json"))
	if err != nil || !strings.Contains(string(text), `"score": 1`) {
		t.Errorf("got %s (%v), want what the gradebook said", text, err)
	}
}
