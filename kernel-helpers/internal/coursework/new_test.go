package coursework

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newCourse makes a course for a test and returns its folder.
func newCourse(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "go-101")
	if err := NewCourse(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestANewCourseIsReadWithoutAChange(t *testing.T) {
	c, err := Open(newCourse(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Title != "go-101" {
		t.Errorf("got the title %q, want the folder's name, go-101", c.Title)
	}
	assignment, err := c.Assignment("ps1")
	if err != nil {
		t.Fatal(err)
	}
	if len(assignment.Notebooks) != 1 || len(assignment.Notebooks[0].Exercises) != 1 {
		t.Fatalf("got the notebooks %+v, want one with one exercise", assignment.Notebooks)
	}
	nb := assignment.Notebooks[0]
	if err := nb.CheckPoints(); err != nil {
		t.Error(err)
	}
	if cases := nb.Exercises[0].Cases; len(cases) != 2 || cases[0].Hidden || !cases[1].Hidden {
		t.Errorf("got the tests %+v, want a visible and a hidden one", cases)
	}
	if nb.ToGrade != 1 {
		t.Errorf("got %v points that a person gives, want 1", nb.ToGrade)
	}
}

func TestANewCourseIsMadeInANewOrEmptyFolderOnly(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := NewCourse(empty); err != nil {
		t.Errorf("in an empty folder: got the error %v, want none", err)
	}
	if err := NewCourse(empty); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("in a course: got the error %v, want that the folder is not empty", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(empty), ".new-course-*")); len(left) > 0 {
		t.Errorf("got the leftovers %v, want none", left)
	}
	if err := NewCourse(filepath.Join(t.TempDir(), `a"b`)); err == nil {
		t.Error("got no error for a name with a quote, which would break the settings")
	}
}

func TestANewAssignmentOverwritesNothing(t *testing.T) {
	dir := newCourse(t)
	if err := NewAssignment(dir, "ps2"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "source", "ps2", "ps2.ipynb"))
	if err != nil || !strings.Contains(string(text), "# ps2: ") {
		t.Errorf("got a notebook without the assignment's name (%v)", err)
	}
	if err := NewAssignment(dir, "ps1"); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("ps1 again: got the error %v, want that it exists", err)
	}
	for _, name := range []string{"", "..", "a/b"} {
		if err := NewAssignment(dir, name); err == nil {
			t.Errorf("got no error for the name %q", name)
		}
	}
	if err := NewAssignment(t.TempDir(), "ps1"); err == nil || !strings.Contains(err.Error(), "not a course") {
		t.Errorf("outside of a course: got the error %v, want that it is not a course", err)
	}
}

func TestTheCoursesSettingsAreThoseOfANewCourse(t *testing.T) {
	ours, err := os.ReadFile("../../../notebooks/coursework/nbgrader_config.py")
	if err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(filepath.Join(newCourse(t), "nbgrader_config.py"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Replace(string(made), `"go-101"`, `"speedup"`, 1); got != string(ours) {
		t.Error("got different settings in notebooks/coursework/nbgrader_config.py and skeleton/course/nbgrader_config.py, want only the name to differ")
	}
}

func TestNewKnowsTheCourseAroundTheWorkingFolder(t *testing.T) {
	dir := newCourse(t)
	t.Chdir(filepath.Join(dir, "source", "ps1"))
	if _, err := New("ps2", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "source", "ps2", "ps2.ipynb")); err != nil {
		t.Error(err)
	}
	c, err := Open("")
	if err != nil || c.Title != "go-101" {
		t.Errorf("got the course %v (%v), want go-101", c, err)
	}
	// Outside of a course, the name is a course's.
	t.Chdir(t.TempDir())
	r, err := New("go-102", "")
	if err != nil || r.Course != "go-102" {
		t.Errorf("got %+v (%v), want the course go-102", r, err)
	}
	if _, err := os.Stat(filepath.Join("go-102", "AUTHORING.md")); err != nil {
		t.Error(err)
	}
}

func TestTheGuideForAuthorsIsMadeAndKept(t *testing.T) {
	dir := newCourse(t)
	guide := filepath.Join(dir, "AUTHORING.md")
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "Points: ", `"forbid"`, "Fails: ", "probe.Run", "coursework verify"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("got a guide without %s", want)
		}
	}
	if err := os.WriteFile(guide, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewAssignment(dir, "ps2"); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(guide); string(text) != "ours" {
		t.Errorf("got %q, want the guide as it was", text)
	}
	if notes, err := os.ReadFile(filepath.Join(dir, "notes", "ps2.md")); err != nil || !strings.Contains(string(notes), "AUTHORING.md") {
		t.Errorf("got notes (%v) that don't name the guide", err)
	}
}
