package coursework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// forStudents are the parts of a checkout that a handout has. Of its course there
// is what was released, and nothing else.
var forStudents = []string{".gitignore", "README.md", "go.mod", "go.sum", "install.sh", "kernel-helpers", "notebooks", "workloads"}

// Handout copies the checkout into dir, a folder that is new or empty, as
// students get it: the notebooks, their kernel, the tests' tools, and the
// assignments of the course that were released. Solutions, hidden tests, mutants,
// notes, submissions and grades stay out. Of a git checkout only files that git
// knows are copied. It returns the names of the assignments.
func Handout(ctx context.Context, c *Course, dir string) (assignments []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("coursework: handout: %w", err)
		}
	}()
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	checkout, err := FindCheckout(c.Dir)
	if err != nil {
		return nil, err
	}
	if within, err := filepath.Rel(checkout, dir); err == nil && filepath.IsLocal(within) {
		return nil, fmt.Errorf("%s is in the checkout itself: name a folder outside of %s", dir, checkout)
	}
	if assignments, err = released(c); err != nil {
		return nil, err
	}
	files, err := checkoutFiles(ctx, checkout)
	if err != nil {
		return nil, err
	}
	return assignments, makeFolder(dir, func(making string) error {
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := copyFile(filepath.Join(checkout, file), filepath.Join(making, file)); err != nil {
				return err
			}
		}
		course := filepath.Join(making, "notebooks", "coursework")
		for _, file := range []string{CourseFile, "nbgrader_config.py"} {
			if err := copyFile(filepath.Join(c.Dir, file), filepath.Join(course, file)); err != nil {
				return err
			}
		}
		for _, name := range assignments {
			if err := copyRelease(filepath.Join(c.Dir, "release", name), filepath.Join(course, "release", name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// released are the names of the assignments with a release.
func released(c *Course) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(c.Dir, "release"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && plainName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no release yet: `coursework release NAME` makes one", c.Dir)
	}
	return names, nil
}

// checkoutFiles lists what of a checkout goes into a handout, without its course.
func checkoutFiles(ctx context.Context, checkout string) (files []string, err error) {
	if _, err := os.Stat(filepath.Join(checkout, ".git")); err == nil {
		cmd := exec.CommandContext(ctx, "git", "-C", checkout, "ls-files", "-z")
		said, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("git ls-files: %w", err)
		}
		for name := range bytes.SplitSeq(bytes.TrimSuffix(said, []byte{0}), []byte{0}) {
			files = append(files, string(name))
		}
	} else if files, err = visibleFiles(checkout); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(name string) bool {
		top, _, _ := strings.Cut(name, "/")
		return !slices.Contains(forStudents, top) || strings.HasPrefix(name, path.Join("notebooks", "coursework")+"/")
	}), nil
}

// visibleFiles lists the files below dir that are in no folder with a dot before
// its name: in .ipynb_checkpoints may be what a teacher has tried out.
func visibleFiles(dir string) (files []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && strings.HasPrefix(e.Name(), "."):
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

// copyFile copies a file with its mode. A file that isn't there is left out: git
// may know one that was removed. A link is followed by nobody.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
