package coursework

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// CourseFile is the file that makes a folder a course.
const CourseFile = "coursework.json"

// Course is a folder of assignments in nbgrader's layout.
type Course struct {
	Dir         string              `json:"-"` // absolute
	Title       string              `json:"title"`
	Late        LatePolicy          `json:"late"`
	Assignments map[string]Schedule `json:"assignments"` // by name; one that isn't listed has no due date
}

// LatePolicy says what handing in late costs.
type LatePolicy struct {
	FreeDays int     `json:"free_days"` // days late that cost nothing
	PerDay   float64 `json:"per_day"`   // share of the tests' points taken off for each day after those, 0 to 1
	LastDay  int     `json:"last_day"`  // later than so many days late scores 0; 0 is never
}

// Schedule is when an assignment is due.
type Schedule struct {
	Due time.Time `json:"due,omitzero"` // RFC 3339; without it nothing is late
}

// OpenCourse reads the course in a folder.
func OpenCourse(dir string) (*Course, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, CourseFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("coursework: %s is not a course, as it has no %s: name another folder with --course, or make one with `coursework new DIR`", dir, CourseFile)
	}
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	c := &Course{Dir: dir}
	settings := json.NewDecoder(bytes.NewReader(text))
	settings.DisallowUnknownFields() // a due date with its name misspelt would be none
	if err := settings.Decode(c); err != nil {
		return nil, fmt.Errorf("coursework: %s: %w", filepath.Join(dir, CourseFile), err)
	}
	if c.Late.FreeDays < 0 || c.Late.PerDay < 0 || c.Late.PerDay > 1 || c.Late.LastDay < 0 {
		return nil, fmt.Errorf("coursework: %s: late: free_days and last_day are at least 0, per_day is from 0 to 1", filepath.Join(dir, CourseFile))
	}
	return c, nil
}

// AssignmentNames lists the assignments in source/, in order.
func (c *Course) AssignmentNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(c.Dir, "source"))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Assignment reads an assignment from source/.
func (c *Course) Assignment(name string) (*Assignment, error) {
	if err := plainName(name); err != nil {
		return nil, fmt.Errorf("coursework: assignment: %w", err)
	}
	dir := filepath.Join(c.Dir, "source", name)
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.ipynb"))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	if len(files) == 0 {
		known, _ := c.AssignmentNames()
		return nil, fmt.Errorf("coursework: there is no notebook in %s: the assignments of this course are %s", dir, orNone(known))
	}
	slices.Sort(files)
	a := &Assignment{Name: name, Due: c.Assignments[name].Due}
	for _, file := range files {
		s, err := ReadSheet(file)
		if err != nil {
			return nil, err
		}
		a.Sheets = append(a.Sheets, s)
	}
	return a, nil
}

// plainName refuses what can't be the name of a folder in the course.
func plainName(name string) error {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\:*?"<>|`) || Clean(name) != name || strings.ContainsAny(name, "\n\t") || len(name) > 100 {
		return fmt.Errorf("%q can't be a name: it is a plain word of at most 100 characters, without /, that doesn't begin with a dot, and without control characters", name)
	}
	return nil
}

// escapeGlob has [filepath.Glob] take dir as it is.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none yet"
	}
	return strings.Join(names, ", ")
}
