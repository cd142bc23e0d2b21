package course_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// TestACellThatTheTeacherChangedIsNotTheStudentsChange: a set is released, then a test
// is edited, and a notebook comes back as it was released.
func TestACellThatTheTeacherChangedIsNotTheStudentsChange(t *testing.T) {
	dir := coursetest.CourseDir(t)
	released, err := os.ReadFile(filepath.Join(dir, "release", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(dir, "source", "ps1", "ps1.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ps1.ipynb")
	const old, edited = "Ten items and a limit of 3", "Ten items and a limit of three"
	if err := os.WriteFile(file, []byte(strings.Replace(string(source), old, edited, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	nb, err := course.ReadNotebook(file)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{string(released): false, strings.Replace(string(released), old, "No items", 1): true} {
		s, err := course.ParseSubmitted([]byte(text), nb)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(s.Problems, func(p course.Problem) bool { return strings.Contains(p.Text, "was changed") }); got != want {
			t.Errorf("got a note about a changed cell: %t, want %t: %v", got, want, s.Problems)
		}
	}
}
