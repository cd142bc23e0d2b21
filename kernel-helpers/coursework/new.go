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
func NewCourse(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	name := filepath.Base(dir)
	if err := plainName(name); err != nil {
		return fmt.Errorf("coursework: new: the folder's name is the course's: %w", err)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("coursework: new: %s is not empty: name a folder that is new", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("coursework: new: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	// Made beside its place and then renamed: there is a whole course or none.
	making, err := os.MkdirTemp(filepath.Dir(dir), ".new-course-")
	if err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	defer os.RemoveAll(making)
	for from, to := range map[string]string{
		"course/coursework.json":    CourseFile,
		"course/nbgrader_config.py": "nbgrader_config.py",
		"course/gitignore":          ".gitignore",
	} {
		if err := fillIn(from, filepath.Join(making, to), "@COURSE@", name); err != nil {
			return err
		}
	}
	if err := NewAssignment(making, "ps1"); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // the empty one
		return fmt.Errorf("coursework: new: %w", err)
	}
	if err := errors.Join(os.Chmod(making, 0o755), os.Rename(making, dir)); err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	return nil
}

// NewAssignment makes an assignment of one exercise in a course: its notebook
// in source/, a mutant that its tests catch, and notes for teachers. It changes
// nothing that is there already.
func NewAssignment(course, name string) error {
	if err := plainName(name); err != nil {
		return fmt.Errorf("coursework: new: assignment: %w", err)
	}
	if _, err := os.Stat(filepath.Join(course, CourseFile)); err != nil {
		return fmt.Errorf("coursework: new: %s is no course: make one with `coursework new DIR` (%w)", course, err)
	}
	files := [][2]string{
		{"assignment/assignment.ipynb", filepath.Join("source", name, name+".ipynb")},
		{"assignment/serial.go.txt", filepath.Join("mutants", name, name, "in-order", "serial"+mutantExt)},
		{"assignment/notes.md", filepath.Join("notes", name+".md")},
	}
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(course, file[1])); err == nil {
			return fmt.Errorf("coursework: new: %s is there already: choose another name for the assignment", filepath.Join(course, file[1]))
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
	if err != nil {
		return fmt.Errorf("coursework: new: %w", err)
	}
	return nil
}
