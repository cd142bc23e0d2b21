package coursework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
)

// removedFolder is where files of students go who are no longer in the class.
const removedFolder = "removed"

// removeStudents takes students out of results/, feedback/, autograded/ and nbgrader's
// gradebook who are not on the roster, or, without one, whose folder in submitted/ is
// gone. What there was of them is kept in removed/STUDENT, with what a person graded
// in gradebook.json. It returns their names.
func (c *Course) removeStudents(ctx context.Context, gradebook bool, notice func(string)) ([]string, error) {
	gone, err := c.former()
	if err != nil || len(gone) == 0 {
		return nil, err
	}
	marks := map[string]map[string]course.Standing{}
	if _, err := os.Stat(filepath.Join(c.Dir, "gradebook.db")); err == nil && gradebook {
		marks, err = nbgrader.RemoveStudents(ctx, c.Dir, gone)
		if errors.Is(err, checkout.ErrNoPython) {
			notice(fmt.Sprintf("%s: still in nbgrader's gradebook: %v", strings.Join(gone, ", "), err))
		} else if err != nil {
			return nil, err
		}
	}
	for _, student := range gone {
		if err := c.setAside(student, marks[student]); err != nil {
			return nil, fmt.Errorf("remove %s: %w", student, err)
		}
		notice(fmt.Sprintf("%s is not in the class any more: what there was is in %s", student, filepath.Join(removedFolder, student)))
	}
	return gone, nil
}

// former lists the students who have results, feedback or autograded notebooks and are
// not in the class.
func (c *Course) former() (gone []string, err error) {
	known := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(escapeGlob(c.Dir), "results", "*", "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		known[strings.TrimSuffix(filepath.Base(file), ".json")] = true
	}
	for _, folder := range []string{"feedback", "autograded"} {
		entries, err := os.ReadDir(filepath.Join(c.Dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			known[e.Name()] = e.IsDir()
		}
	}
	for _, student := range slices.Sorted(maps.Keys(known)) {
		if !known[student] || course.CheckName(student) != nil {
			continue
		}
		member := c.Roster.Has(student)
		if c.Roster == nil {
			_, err := os.Lstat(filepath.Join(c.Dir, "submitted", student))
			member = err == nil
		}
		if !member {
			gone = append(gone, student)
		}
	}
	return gone, nil
}

// setAside moves a student's files to removed/STUDENT.
func (c *Course) setAside(student string, marks map[string]course.Standing) error {
	to := filepath.Join(c.Dir, removedFolder, student)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	if len(marks) > 0 {
		text, err := json.MarshalIndent(marks, "", " ")
		if err != nil {
			return err
		}
		if err := atomicfile.WriteFile(filepath.Join(to, "gradebook.json"), append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	for _, folder := range []string{"feedback", "autograded"} {
		err := os.Rename(filepath.Join(c.Dir, folder, student), filepath.Join(to, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(c.Dir), "results", "*", escapeGlob(student)+".json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Rename(file, filepath.Join(to, filepath.Base(filepath.Dir(file))+".json")); err != nil {
			return err
		}
	}
	return nil
}

// escapeGlob quotes a path for [filepath.Glob].
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// RosterResult is the outcome of [Course.ReadRoster].
type RosterResult struct {
	Students []roster.Student `json:"students"`
	Removed  []string         `json:"removed"` // students who are not on it, and whose results were set aside
}

// ReadRoster returns the class list, and takes students out of the results who are not
// on it.
func (c *Course) ReadRoster(ctx context.Context, gradebook bool, notice func(string)) (*RosterResult, error) {
	if c.Roster == nil {
		return nil, fmt.Errorf("%s has no %s: put the list of participants there that Canvas or Moodle exports, or a file with the columns student,name,email,group,extension,grace", c.Dir, roster.File)
	}
	gone, err := c.removeStudents(ctx, gradebook, notice)
	if err != nil {
		return nil, err
	}
	if len(gone) > 0 {
		err = c.writeGrades()
	}
	return &RosterResult{Students: c.Roster.Students, Removed: gone}, err
}
