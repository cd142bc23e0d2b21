//go:build browser

package lab_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// settings returns a folder of Jupyter settings that take precedence over those
// of the checkout.
func (s *server) settings() string { return filepath.Join(s.Dir, "first") }

// course returns the folder in which nbgrader's panels look for the course.
func (s *server) course() string { return filepath.Join(s.Root, "coursework") }

// placeSettings makes nbgrader use the temporary folder instead of the
// checkout.
func (s *server) placeSettings() error {
	for _, folder := range []string{s.settings(), filepath.Join(s.Root, "homework"), filepath.Join(s.Dir, "exchange")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(s.Dir, "exchange"), 0o777); err != nil { // required by nbgrader; the folder above is private
		return err
	}
	return os.WriteFile(filepath.Join(s.settings(), "nbgrader_config.py"), fmt.Appendf(nil, `c = get_config()
c.CourseDirectory.root = %q
c.Exchange.root = %q
c.Exchange.cache = %q
c.Exchange.assignment_dir = %q
`, s.course(), filepath.Join(s.Dir, "exchange"), filepath.Join(s.Dir, "cache"), filepath.Join(s.Root, "homework")), 0o600)
}

// releaseCourse copies the course of the checkout into JupyterLab's folder and
// releases ps1 as a teacher does, once for all tests.
func releaseCourse(t *testing.T) {
	t.Helper()
	made.Do(func() {
		dir := fixture.server.course()
		from := filepath.Join(checkout(), "notebooks", "coursework")
		for _, name := range []string{filepath.Join("source", "ps1", "ps1.ipynb"), course.SettingsFile} {
			text, err := os.ReadFile(filepath.Join(from, name))
			if err == nil {
				err = os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		inCourse(t, "bin/coursework", "release", "ps1")
		inCourse(t, ".venv/bin/nbgrader", "release_assignment", "ps1")
	})
	if _, err := os.Stat(filepath.Join(fixture.server.course(), "release", "ps1", "ps1.ipynb")); err != nil {
		t.Fatal(err)
	}
}

var made sync.Once

// inCourse runs a program of the checkout in the course's folder and returns
// its output.
func inCourse(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(checkout(), program), args...)
	cmd.Dir, cmd.Env = fixture.server.course(), fixture.server.environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}
