package coursework

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// skeleton is what a new course and a new assignment begin with. Both work as
// they are: the solution passes, the stub fails, the mutant is caught.
//
//go:embed skeleton
var skeleton embed.FS

// NewCourse makes a course in a folder that is new or empty: its settings, and
// ps1 as an example to change. The folder's name is the course's.
func NewCourse(dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("coursework: new: %w", err)
		}
	}()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	name := filepath.Base(dir)
	if err := plainName(name); err != nil {
		return fmt.Errorf("the folder's name is the course's: %w", err)
	}
	return makeFolder(dir, func(making string) error {
		for from, to := range map[string]string{
			"course/coursework.json":    CourseFile,
			"course/nbgrader_config.py": "nbgrader_config.py",
			"course/gitignore":          ".gitignore",
		} {
			if err := fillIn(from, filepath.Join(making, to), "@COURSE@", name); err != nil {
				return err
			}
		}
		return newAssignment(making, "ps1")
	})
}

// makeFolder has fill make what is to be in a folder that is new or empty. That
// happens beside its place: there is a whole folder or none.
func makeFolder(dir string, fill func(making string) error) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a folder that is new", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	making, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(making)
	if err := fill(making); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // the empty one
		return err
	}
	return errors.Join(os.Chmod(making, 0o755), os.Rename(making, dir))
}

// NewAssignment makes an assignment of one exercise in a course: its notebook
// in source/, a mutant that its tests catch, and notes for teachers. It changes
// nothing that is there already.
func NewAssignment(course, name string) error {
	if err := newAssignment(course, name); err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	return nil
}

func newAssignment(course, name string) error {
	if err := plainName(name); err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	if _, err := os.Stat(filepath.Join(course, CourseFile)); err != nil {
		return fmt.Errorf("%s is no course: make one with `coursework new DIR` (%w)", course, err)
	}
	files := [][2]string{
		{"assignment/assignment.ipynb", filepath.Join("source", name, name+".ipynb")},
		{"assignment/serial.go.txt", filepath.Join("mutants", name, name, "in-order", "serial"+mutantExt)},
		{"assignment/notes.md", filepath.Join("notes", name+".md")},
	}
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(course, file[1])); err == nil {
			return fmt.Errorf("%s is there already: choose another name for the assignment", filepath.Join(course, file[1]))
		}
	}
	for _, file := range files {
		if err := fillIn(file[0], filepath.Join(course, file[1]), "@NAME@", name); err != nil {
			return err
		}
	}
	return nil
}

// fillIn writes a file of the skeleton with its placeholder replaced.
func fillIn(from, to, placeholder, text string) error {
	content, err := skeleton.ReadFile("skeleton/" + from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, []byte(strings.ReplaceAll(string(content), placeholder, text)), 0o644)
	}
	return err
}
