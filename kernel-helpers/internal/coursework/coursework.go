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

// Open opens the course in a folder. If dir is "", that is the working folder, or
// notebooks/coursework of the checkout if the working folder is not a course.
func Open(dir string) (*Course, error) {
	if dir == "" {
		dir = "."
		if !isCourse(dir) {
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
