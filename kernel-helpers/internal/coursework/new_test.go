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
	course, err := OpenCourse(newCourse(t))
	if err != nil {
		t.Fatal(err)
	}
	if course.Title != "go-101" {
		t.Errorf("its title is %q, not its folder's name", course.Title)
	}
	assignment, err := course.Assignment("ps1")
	if err != nil {
		t.Fatal(err)
	}
	if len(assignment.Sheets) != 1 || len(assignment.Sheets[0].Exercises) != 1 {
		t.Fatalf("ps1 has the sheets %+v", assignment.Sheets)
	}
	sheet := assignment.Sheets[0]
	if err := sheet.checkPoints(); err != nil {
		t.Error(err)
	}
	if cases := sheet.Exercises[0].Cases; len(cases) != 2 || cases[0].Hidden || !cases[1].Hidden {
		t.Errorf("the example has no visible and hidden test: %+v", cases)
	}
	if sheet.ToGrade != 1 {
		t.Errorf("%v points are for a person to give, not 1", sheet.ToGrade)
	}
}

func TestANewCourseIsMadeInANewOrEmptyFolderOnly(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := NewCourse(empty); err != nil {
		t.Errorf("in an empty folder: %v", err)
	}
	if err := NewCourse(empty); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("in a course: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(empty), ".new-course-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := NewCourse(filepath.Join(t.TempDir(), `a"b`)); err == nil {
		t.Error("a name with a quote, which would break the settings, was taken")
	}
}

func TestANewAssignmentOverwritesNothing(t *testing.T) {
	dir := newCourse(t)
	if err := NewAssignment(dir, "ps2"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "source", "ps2", "ps2.ipynb"))
	if err != nil || !strings.Contains(string(text), "# ps2: ") {
		t.Errorf("its notebook doesn't carry its name (%v)", err)
	}
	if err := NewAssignment(dir, "ps1"); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("ps1 again: %v", err)
	}
	for _, name := range []string{"", "..", "a/b"} {
		if err := NewAssignment(dir, name); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
	if err := NewAssignment(t.TempDir(), "ps1"); err == nil || !strings.Contains(err.Error(), "no course") {
		t.Errorf("outside a course: %v", err)
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
		t.Error("notebooks/coursework/nbgrader_config.py and skeleton/course/nbgrader_config.py differ by more than the name")
	}
}

func TestASettingThatACourseDoesNotHaveIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		`{"title": "t", "assignments": {"ps1": {"deadline": "2026-12-01T12:00:00Z"}}}`: `unknown field "deadline"`,
		`{"title": "t", "late": {"per_day": 2}}`:                                       "per_day is from 0 to 1",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, CourseFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCourse(dir); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), CourseFile) {
			t.Errorf("%s: %v, not %q", text, err, says)
		}
	}
}
