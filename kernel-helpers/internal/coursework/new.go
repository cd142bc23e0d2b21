package coursework

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// skeleton is what a new course and a new assignment start with. Both work as they
// are: the solution passes, the stub fails, the mutant is caught.
//
//go:embed skeleton
var skeleton embed.FS

// guideFile is the page for authors of assignments, in the folder of a course.
const guideFile = "AUTHORING.md"

// NewResult says what [New] made.
type NewResult struct {
	Folder   string // of the course
	Course   string // folder of a new course; "" if an assignment was made
	Notebook string // notebook of a new assignment; "" if a course was made
}

// New makes an assignment called name in the course in dir. If dir is "", it makes
// the assignment in the course that the working folder is in, and otherwise a new
// course in the folder name. A name with a slash is always a course's folder.
func New(name, dir string) (*NewResult, error) {
	if dir == "" && filepath.Base(name) == name {
		dir, _ = courseAround(".")
	}
	if dir != "" {
		if err := NewAssignment(dir, name); err != nil {
			return nil, err
		}
		return &NewResult{Folder: dir, Notebook: filepath.Join(dir, "source", name, name+".ipynb")}, nil
	}
	if filepath.Base(name) == name && checkout.Contains(".") {
		return nil, UsageError(fmt.Sprintf("new: %s would be a new course inside the checkout: if you want that, write ./%s; for an assignment, add --course with the folder of its course, or go there", name, name))
	}
	if err := NewCourse(name); err != nil {
		return nil, err
	}
	return &NewResult{Folder: name, Course: name}, nil
}

// NewCourse makes a course in a new or empty folder: its settings, and an
// assignment ps1 as an example to change. The course is named after the folder.
func NewCourse(dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("new: %w", err)
		}
	}()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	name := filepath.Base(dir)
	if err := course.CheckName(name); err != nil {
		return fmt.Errorf("the course is named after its folder: %w", err)
	}
	return makeFolder(dir, func(temporary string) error {
		for from, to := range map[string]string{
			"course/coursework.json":    course.SettingsFile,
			"course/nbgrader_config.py": "nbgrader_config.py",
			"course/gitignore":          ".gitignore",
			"course/AUTHORING.md":       guideFile,
		} {
			if err := copySkeleton(from, filepath.Join(temporary, to), "@COURSE@", name); err != nil {
				return err
			}
		}
		return newAssignment(temporary, "ps1")
	})
}

// NewAssignment makes an assignment with one exercise in the course in dir: its
// notebook in source/, a mutant that its tests catch, and notes for teachers. It
// replaces nothing.
func NewAssignment(dir, name string) error {
	if err := newAssignment(dir, name); err != nil {
		return fmt.Errorf("new: %w", err)
	}
	return nil
}

func newAssignment(dir, name string) error {
	if err := course.CheckName(name); err != nil {
		return fmt.Errorf("assignment: %w", err)
	}
	if !isCourse(dir) {
		return fmt.Errorf("%s is not a course, as it has no %s: make one with `coursework new DIR`", dir, course.SettingsFile)
	}
	files := [][2]string{
		{"assignment/assignment.ipynb", filepath.Join("source", name, name+".ipynb")},
		{"assignment/serial.go.txt", filepath.Join("mutants", name, name, "in-order", "serial"+course.MutantExt)},
		{"assignment/notes.md", filepath.Join("notes", name+".md")},
	}
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(dir, file[1])); err == nil {
			return fmt.Errorf("%s exists already: choose another name for the assignment", filepath.Join(dir, file[1]))
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, guideFile)); errors.Is(err, fs.ErrNotExist) {
		files = append(files, [2]string{"course/AUTHORING.md", guideFile})
	}
	for _, file := range files {
		if err := copySkeleton(file[0], filepath.Join(dir, file[1]), "@NAME@", name); err != nil {
			return err
		}
	}
	return nil
}

// copySkeleton writes a file of the skeleton with its placeholder replaced.
func copySkeleton(from, to, placeholder, text string) error {
	content, err := skeleton.ReadFile("skeleton/" + from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, []byte(strings.ReplaceAll(string(content), placeholder, text)), 0o644)
	}
	return err
}
