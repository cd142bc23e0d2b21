package feedback

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// Write writes the feedback on a result into feedback/STUDENT/ASSIGNMENT of the
// course in dir, and returns the paths of the files: an HTML page and a notebook
// for each notebook that was handed in. standing is what nbgrader's gradebook says,
// or the zero value.
func Write(dir string, r course.Result, standing course.Standing) (paths []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("feedback on %s for %s: %w", r.Assignment, r.Student, err)
		}
	}()
	root, err := os.OpenRoot(dir) // names and links can't lead out of it
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := errors.Join(course.CheckName(r.Assignment), checkFolder(r.Student)); err != nil {
		return nil, err
	}
	folder := filepath.Join("feedback", r.Student, r.Assignment)
	if err := root.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	for _, n := range r.Notebooks {
		if err := course.CheckName(n.Name); err != nil {
			return paths, err
		}
		p := page{Result: r, Notebook: n, Name: r.Assignment, Problems: sortedProblems(r, n), Standing: standing}
		p.Standing.Marks = slices.DeleteFunc(slices.Clone(standing.Marks), func(m course.Mark) bool { return m.Notebook != n.Name })
		if len(r.Notebooks) > 1 {
			p.Name += ": " + n.Name
		}
		for ending, render := range map[string]func() ([]byte, error){".html": p.renderHTML, ".ipynb": p.renderNotebook} {
			text, err := render()
			if err != nil {
				return paths, err
			}
			name := filepath.Join(folder, n.Name+ending)
			if err := atomicfile.WriteFileIn(root, name, text, 0o644); err != nil {
				return paths, err
			}
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	slices.Sort(paths)
	return paths, copyExchangeFiles(root, r, folder)
}

// copyExchangeFiles copies what nbgrader's release_feedback requires: when the
// submission was handed in, and the secret that lets only its student find it.
func copyExchangeFiles(root *os.Root, r course.Result, folder string) error {
	for _, name := range course.ExchangeFiles {
		text, err := course.ReadPlain(root, filepath.Join("submitted", r.Student, r.Assignment, name))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, course.ErrUnreadable) {
			// It wasn't handed in through the exchange. Without these files,
			// release_feedback would stop there, before all who follow.
			if _, err := root.Lstat(filepath.Join(folder, name)); err == nil {
				continue
			}
			text, err = []byte(rand.Text()), nil // nobody's, so nobody can fetch it
			if name == course.TimestampFile {
				text = []byte(course.FormatTimestamp(r.Submitted))
			}
		}
		if err == nil {
			err = atomicfile.WriteFileIn(root, filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkFolder returns an error if name isn't that of one folder. Results may come
// from elsewhere, and a page can show names that CheckName refuses.
func checkFolder(name string) error {
	if name == "." || !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("%q is not the name of a folder", name)
	}
	return nil
}
