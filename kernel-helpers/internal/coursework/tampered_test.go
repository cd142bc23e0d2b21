package coursework

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// TestTamperedNotebooksGetTheGradeOfTheirAnswers grades a class whose answers are all
// right and whose notebooks are not as they were handed out. Who gets less than all
// points has been told why.
func TestTamperedNotebooksGetTheGradeOfTheirAnswers(t *testing.T) {
	coursetest.SkipGrading(t)
	sets := map[string]string{"demo": coursetest.Dir(t)}
	if longtest.Pick(false, true) {
		sets["ps1"], sets["ps2"], sets["ps3"] = coursetest.CourseDir(t), coursetest.CourseDir(t), coursetest.CourseDir(t)
	}
	for set, from := range sets {
		t.Run(set, func(t *testing.T) {
			dir := t.TempDir()
			for _, part := range []string{"source", course.SettingsFile} {
				if err := copyInto(dir, from, part); err != nil {
					t.Fatal(err)
				}
			}
			right := coursetest.NewRight(t, dir, set)
			all := coursetest.Tamperings()
			keeps := map[string]coursetest.Tampering{}
			for i, tampering := range all {
				if i%longtest.Pick(15, 1) > 0 {
					continue
				}
				d := right.Draft(t)
				tampering.Edit(d)
				student := fmt.Sprintf("student-%02d", i)
				keeps[student] = tampering
				folder := filepath.Join(dir, "submitted", student, set)
				if err := os.MkdirAll(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, set+".ipynb"), d.Text(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			results, err := gradeAll(t.Context(), c, set, GradeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != len(keeps) {
				t.Errorf("got %d results of %d submissions", len(results), len(keeps))
			}
			for _, r := range results {
				problems := slices.Clone(r.Problems)
				for _, e := range r.Notebooks[0].Exercises {
					if e.Score < e.MaxScore && keeps[r.Student].Keeps {
						t.Errorf("%s: %s: got %g of %g points, want all: %v", keeps[r.Student].Name, e.Name, e.Score, e.MaxScore, coursetest.Messages(r, e.Name))
					}
					problems = append(problems, e.Problems...)
				}
				problems = append(problems, r.Notebooks[0].Problems...)
				if r.Score < r.MaxScore && !slices.ContainsFunc(problems, func(p course.Problem) bool { return p.Kind != course.Note && p.Text != course.Untouched }) {
					t.Errorf("%s: got %g of %g points and the problems %v, want to be told", keeps[r.Student].Name, r.Score, r.MaxScore, problems)
				}
			}
		})
	}
}

// copyInto copies a file or a folder of another folder.
func copyInto(dir, from, part string) error {
	if text, err := os.ReadFile(filepath.Join(from, part)); err == nil {
		return os.WriteFile(filepath.Join(dir, part), text, 0o644)
	}
	return os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(from, part)))
}
