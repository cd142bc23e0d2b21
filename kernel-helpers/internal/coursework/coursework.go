package coursework

import (
	"os"
	"path/filepath"
	"runtime"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// Course is a course whose assignments can be verified, released and graded.
type Course struct {
	*course.Folder
	Roster *roster.Roster // nil if there is none
}

// Open opens the course in a folder. If dir is "", that is the one that the working
// folder is in, or else notebooks/coursework of the checkout.
func Open(dir string) (*Course, error) {
	if dir == "" {
		var within bool
		if dir, within = courseAround("."); !within {
			dir = "."
			if root, err := checkout.Find("."); err == nil {
				dir = filepath.Join(root, "notebooks", "coursework")
			}
		}
	}
	f, err := course.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	r, err := roster.Read(f.Dir)
	if err != nil {
		return nil, err
	}
	return &Course{Folder: f, Roster: r}, nil
}

func isCourse(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, course.SettingsFile))
	return err == nil
}

// courseAround returns the course that a folder is in.
func courseAround(dir string) (course string, found bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for !isCourse(dir) {
		if dir == filepath.Dir(dir) {
			return "", false
		}
		dir = filepath.Dir(dir)
	}
	return dir, true
}

// Main carries out what this process was started for if a grader started it inside
// the sandbox, and then doesn't return. Programs that grade call it first, and so
// do the TestMain functions of their tests.
func Main() { sandbox.Main(grader.Tasks) }

// UsageError reports arguments that don't fit the situation.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// parallel returns n, or how many programs to run at once if n is 0.
func parallel(n int) int {
	if n > 0 {
		return n
	}
	return min(runtime.GOMAXPROCS(0), 8)
}
