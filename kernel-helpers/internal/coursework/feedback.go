package coursework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/feedback"
	"example.com/speedup/kernel-helpers/internal/coursework/gradefile"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
)

// FeedbackOptions say whose feedback is written. The zero value is usable.
type FeedbackOptions struct {
	Students    []string // only these; none means everybody who has a result
	Zip         string   // if set, the pages are also written into this zip file, for a learning platform
	NoGradebook bool     // without what a person graded

	// Notice, if set, is called with a sentence about what is left out.
	Notice func(text string)
}

// FeedbackResult is the outcome of [Course.Feedback].
type FeedbackResult struct {
	Files []string // that were written
}

// Feedback writes what students get back on an assignment, from the results and
// from the points and comments in nbgrader's gradebook, which it brings up to date
// first. A student whose result nbgrader doesn't take gets no feedback; the error
// names them, and the others' feedback is written.
func (c *Course) Feedback(ctx context.Context, assignment string, o FeedbackOptions) (*FeedbackResult, error) {
	notice := func(text string) {
		if o.Notice != nil {
			o.Notice(text)
		}
	}
	if c.Roster != nil {
		if _, err := c.removeStudents(ctx, !o.NoGradebook, notice); err != nil {
			return &FeedbackResult{}, err
		}
	}
	results, err := c.chosenResults(assignment, o.Students)
	if err != nil {
		return &FeedbackResult{}, err
	}
	var standings map[string]course.Standing
	var unrecorded error
	if !o.NoGradebook {
		standings, unrecorded = nbgrader.WriteGradebook(ctx, c.Dir, results)
	}
	if errors.Is(unrecorded, checkout.ErrNoPython) {
		notice(fmt.Sprintf("the feedback lacks what a person graded: %v", unrecorded))
		o.NoGradebook, unrecorded = true, nil
	}
	r := &FeedbackResult{}
	var pages []gradefile.Feedback
	entries, err := c.readEntries(assignment)
	if err != nil {
		return r, err
	}
	for _, result := range results {
		standing, recorded := standings[result.Student]
		if !recorded && !o.NoGradebook {
			continue // unrecorded names the student
		}
		files, err := feedback.Write(c.Dir, result, standing)
		r.Files = append(r.Files, files...)
		if err != nil {
			return r, err
		}
		for _, file := range files {
			if filepath.Ext(file) == ".html" {
				pages = append(pages, gradefile.Feedback{Student: result.Student, Entry: entries[result.Student], Name: filepath.Base(file),
					Open: func() (io.ReadCloser, error) { return os.Open(file) }})
			}
		}
	}
	if o.Zip != "" {
		var text bytes.Buffer
		if err := gradefile.WriteZip(&text, pages); err != nil {
			return r, err
		}
		if err := atomicfile.WriteFile(o.Zip, text.Bytes(), 0o600); err != nil {
			return r, err
		}
	}
	return r, unrecorded
}

// chosenResults returns the results of an assignment, of all students or of those
// that are named. There has to be one for each.
func (c *Course) chosenResults(assignment string, students []string) ([]course.Result, error) {
	results, err := c.Results(assignment)
	if err != nil {
		return nil, err
	}
	if len(students) > 0 {
		results = slices.DeleteFunc(results, func(r course.Result) bool { return !slices.Contains(students, r.Student) })
		for _, name := range students {
			if !slices.ContainsFunc(results, func(r course.Result) bool { return r.Student == name }) {
				return nil, fmt.Errorf("%s has no result for %s: `coursework grade %s %s` makes it", name, assignment, assignment, name)
			}
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("nobody has a result for %s: `coursework grade %s` makes them", assignment, assignment)
	}
	return results, nil
}
