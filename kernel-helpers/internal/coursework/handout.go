package coursework

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// HandoutResult is the outcome of [Course.Handout].
type HandoutResult struct {
	Assignments []string `json:"assignments"` // those that were released
	Folder      string   `json:"folder"`
}

// forStudents are the parts of a checkout that a handout has. Of the course it has
// what was released, and nothing else.
var forStudents = []string{".github", ".gitignore", "README.md", "go.mod", "go.sum", "install.sh", "kernel-helpers", "notebooks", "workloads"}

// Handout copies the checkout for students into dir, a new or empty folder: the
// notebooks, their kernel, what the tests import, and the released assignments of
// the course. It leaves out solutions, hidden tests, mutants, notes, submissions
// and grades. From a git checkout it copies only files that git knows.
func (c *Course) Handout(ctx context.Context, dir string) (*HandoutResult, error) {
	assignments, err := c.handout(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("handout: %w", err)
	}
	return &HandoutResult{Assignments: assignments, Folder: dir}, nil
}

func (c *Course) handout(ctx context.Context, dir string) (assignments []string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	root, err := checkout.Find(c.Dir)
	if err != nil {
		return nil, err
	}
	if within, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(within) {
		return nil, fmt.Errorf("%s is in the checkout itself: name a folder outside of %s", dir, root)
	}
	if assignments, err = c.Released(); err != nil {
		return nil, err
	}
	if len(assignments) == 0 {
		return nil, fmt.Errorf("%s has no release yet: `coursework release NAME` makes one", c.Dir)
	}
	files, err := studentFiles(ctx, root)
	if err != nil {
		return nil, err
	}
	return assignments, makeFolder(dir, func(temporary string) error {
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := copyFile(filepath.Join(root, file), filepath.Join(temporary, file)); err != nil {
				return err
			}
		}
		target := filepath.Join(temporary, "notebooks", "coursework")
		for _, file := range []string{course.SettingsFile, "nbgrader_config.py"} {
			if err := copyFile(filepath.Join(c.Dir, file), filepath.Join(target, file)); err != nil {
				return err
			}
		}
		for _, name := range assignments {
			if err := copyRelease(filepath.Join(c.Dir, "release", name), filepath.Join(target, "release", name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// studentFiles lists the files of a checkout that go into a handout, without those
// of the course.
func studentFiles(ctx context.Context, root string) (files []string, err error) {
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		out, err := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z").Output()
		if err != nil {
			return nil, fmt.Errorf("git ls-files: %w", err)
		}
		for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
			files = append(files, string(name))
		}
	} else if files, err = visibleFiles(root); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(name string) bool {
		top, _, _ := strings.Cut(name, "/")
		return !slices.Contains(forStudents, top) || strings.HasPrefix(name, path.Join("notebooks", "coursework")+"/")
	}), nil
}

// visibleFiles lists the files below dir, without folders whose names begin with a
// dot: .ipynb_checkpoints may hold what a teacher tried out. It keeps .github at
// the top, which has pages that the README links to.
func visibleFiles(dir string) (files []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && name != ".github" && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.Type().IsRegular():
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

// copyRelease copies a folder of release/.
func copyRelease(from, to string) error {
	files, err := visibleFiles(from)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := copyFile(filepath.Join(from, file), filepath.Join(to, file)); err != nil {
			return err
		}
	}
	return nil
}
