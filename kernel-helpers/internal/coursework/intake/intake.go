// Package intake takes notebooks that students handed in as files, by mail or
// through a learning platform, into a course's submitted/.
package intake

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// File says what happened to one notebook that was handed in as a file.
type File struct {
	From    string `json:"from"` // file, and the name within a zip file
	Student string `json:"student,omitempty"`
	Refused string `json:"refused,omitempty"` // why it was not taken
}

// maxEntries is how many files a zip file may have.
const maxEntries = 10_000

// Collect puts notebooks into submitted/STUDENT/ASSIGNMENT with their times. A
// file is a notebook STUDENT.ipynb or STUDENT_NOTEBOOK.ipynb, or a zip file of
// such, of folders STUDENT with the notebooks, or, as STUDENT.zip, of the
// notebooks themselves.
//
// An older notebook never replaces a newer one. Anybody can put another student's
// name into a zip file, so a zip file with notebooks of several students replaces
// none of them unless replace is true.
//
// What can't be taken is in the list with the reason: a name that leads out of the
// folder, a link, a file that is too large. On an error, the list holds what was
// done until then.
func Collect(ctx context.Context, f *course.Folder, a *course.Assignment, files []string, replace bool) ([]File, error) {
	dir := filepath.Join(f.Dir, "submitted")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	c := &collection{assignment: a, root: root, replace: replace}
	for _, file := range files {
		if ctx.Err() != nil {
			return c.list, context.Cause(ctx)
		}
		if err := c.addFile(file); err != nil {
			return c.list, fmt.Errorf("collect %s: %w", file, err)
		}
	}
	return c.list, nil
}

// collection is a run of Collect.
type collection struct {
	assignment *course.Assignment
	root       *os.Root // submitted/
	replace    bool
	list       []File
}

func (c *collection) addFile(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	switch base := filepath.Base(file); strings.ToLower(filepath.Ext(base)) {
	case ".ipynb":
		return c.take(file, base, info.ModTime(), func() (io.ReadCloser, error) { return os.Open(file) })
	case ".zip":
		return c.addZip(file, strings.TrimSuffix(base, filepath.Ext(base)))
	}
	c.refuse(file, "it is neither a notebook nor a zip file")
	return nil
}

// addZip takes the notebooks in a zip file. student is the zip file's own name.
func (c *collection) addZip(file, student string) error {
	r, err := zip.OpenReader(file)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, zip.ErrChecksum) {
		c.refuse(file, err.Error())
		return nil
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return err
	}
	defer r.Close()
	if len(r.File) > maxEntries {
		c.refuse(file, fmt.Sprintf("it has %d files, want at most %d", len(r.File), maxEntries))
		return nil
	}
	for _, f := range r.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		from := file + ":" + f.Name
		switch {
		case strings.HasSuffix(name, "/"), path.Base(name) == ".DS_Store", strings.HasPrefix(name, "__MACOSX/"):
		case !filepath.IsLocal(name), path.Clean(name) != name:
			c.refuse(from, "its name leads out of the folder")
		case !f.Mode().IsRegular():
			c.refuse(from, "it is not a plain file")
		case path.Ext(name) != ".ipynb":
			c.refuse(from, "it is not a notebook")
		default:
			if c.notebook(name) != nil && path.Dir(name) == "." {
				name = path.Join(student, name)
			}
			if owner, _ := c.owner(name); owner != student && !c.replace && c.handedInBefore(owner) {
				c.refuse(from, fmt.Sprintf("%s has handed in already: to replace that, collect with --again", owner))
				continue
			}
			if err := c.take(from, name, f.Modified, f.Open); err != nil {
				return err
			}
		}
	}
	return nil
}

// notebook returns the notebook of the assignment that has a file's name, or nil.
func (c *collection) notebook(name string) *course.Notebook {
	for _, nb := range c.assignment.Notebooks {
		if strings.TrimSuffix(path.Base(name), ".ipynb") == nb.Name {
			return nb
		}
	}
	return nil
}

// owner returns whose notebook a file's name says it is, and which one. The
// results are empty if the name doesn't say.
func (c *collection) owner(name string) (student, notebook string) {
	if nb := c.notebook(name); nb != nil {
		parts := strings.Split(path.Dir(name), "/")
		if parts[len(parts)-1] == c.assignment.Name && len(parts) > 1 {
			parts = parts[:len(parts)-1]
		}
		return parts[len(parts)-1], nb.Name
	}
	base := strings.TrimSuffix(path.Base(name), ".ipynb")
	for _, nb := range c.assignment.Notebooks {
		for _, join := range []string{"_", "-"} {
			if student, found := strings.CutSuffix(base, join+nb.Name); found {
				return student, nb.Name
			}
		}
	}
	if len(c.assignment.Notebooks) == 1 {
		return base, c.assignment.Notebooks[0].Name
	}
	return "", ""
}

// handedInBefore reports whether a student's submission was there before this
// collection.
func (c *collection) handedInBefore(student string) bool {
	if course.CheckName(student) != nil {
		return false // take refuses it
	}
	if slices.ContainsFunc(c.list, func(f File) bool { return f.Student == student }) {
		return false
	}
	_, err := c.root.Lstat(path.Join(student, c.assignment.Name))
	return err == nil
}

// take copies one notebook.
func (c *collection) take(from, name string, when time.Time, open func() (io.ReadCloser, error)) error {
	student, notebook := c.owner(name)
	if course.CheckName(student) != nil {
		c.refuse(from, "its name doesn't say whose it is: call it STUDENT.ipynb")
		return nil
	}
	in, err := open()
	if err != nil {
		c.refuse(from, err.Error())
		return nil
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, course.MaxNotebook+1))
	if err != nil {
		c.refuse(from, err.Error())
		return nil
	}
	if len(text) > course.MaxNotebook {
		c.refuse(from, fmt.Sprintf("it has more than %d MB", course.MaxNotebook>>20))
		return nil
	}
	dir := path.Join(student, c.assignment.Name)
	if old, err := c.root.ReadFile(path.Join(dir, course.TimestampFile)); err == nil {
		if t, err := course.ParseTimestamp(string(old)); err == nil && t.After(when) {
			if _, err := c.root.Lstat(path.Join(dir, notebook+".ipynb")); err == nil {
				c.refuse(from, "the notebook in submitted/ is newer")
				return nil
			}
			when = t // of another notebook of the assignment: the submission is as late as the last of them
		}
	}
	if err := c.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file, content := range map[string][]byte{notebook + ".ipynb": text, course.TimestampFile: []byte(course.FormatTimestamp(when))} {
		if err := atomicfile.WriteFileIn(c.root, path.Join(dir, file), content, 0o644); err != nil {
			return err
		}
	}
	c.list = append(c.list, File{From: from, Student: student})
	return nil
}

func (c *collection) refuse(from, why string) {
	c.list = append(c.list, File{From: from, Refused: why})
}
