package coursework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/gradefile"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
	"example.com/speedup/kernel-helpers/internal/coursework/stats"
)

// Formats are the formats of [Course.WriteGrades].
var Formats = []string{"csv", "canvas", "moodle", "gradescope"}

// GradeFileOptions say what [Course.WriteGrades] writes.
type GradeFileOptions struct {
	Format      string // one of Formats
	Student     string // only this one; needed for Gradescope
	Into        string // the platform's own file, which is filled in; "" for a new one
	NoGradebook bool   // without the points and comments that a person gave

	// Notice, if set, is called with a sentence about what is left out.
	Notice func(text string)
}

// WriteGrades writes the grades of an assignment for a learning platform or a
// spreadsheet, with what a person gave in nbgrader's gradebook.
func (c *Course) WriteGrades(ctx context.Context, w io.Writer, assignment string, o GradeFileOptions) error {
	notice := func(text string) {
		if o.Notice != nil {
			o.Notice(text)
		}
	}
	var named []string
	if o.Student != "" {
		named = []string{o.Student}
	}
	results, err := c.chosenResults(assignment, named)
	if err != nil {
		return err
	}
	if o.Format == "gradescope" {
		if len(results) != 1 {
			return UsageError(fmt.Sprintf("export: Gradescope's results.json is one student's, and there are %d results: name one with --student", len(results)))
		}
		return gradefile.WriteGradescope(w, results[0])
	}
	grades, err := c.grades(ctx, results, o.NoGradebook, notice)
	if err != nil {
		return err
	}
	var own []byte
	if o.Into != "" {
		if own, err = os.ReadFile(o.Into); err != nil {
			return err
		}
	}
	switch o.Format {
	case "canvas":
		err = gradefile.WriteCanvas(w, assignment, grades, own)
	case "moodle":
		err = gradefile.WriteMoodle(w, assignment, grades, own)
	default:
		err = gradefile.WriteCSV(w, grades)
	}
	if errors.Is(err, gradefile.ErrUnmatched) {
		notice(err.Error())
		return nil
	}
	return err
}

// grades adds to results who the students are and what a person gave.
func (c *Course) grades(ctx context.Context, results []course.Result, noGradebook bool, notice func(string)) (list []gradefile.Grade, err error) {
	var standings map[string]course.Standing
	if !noGradebook {
		if _, err := os.Stat(filepath.Join(c.Dir, "gradebook.db")); errors.Is(err, fs.ErrNotExist) {
			notice("there is no gradebook.db, so the grades lack what a person graded")
		} else if standings, err = nbgrader.WriteGradebook(ctx, c.Dir, results); errors.Is(err, checkout.ErrNoPython) {
			notice(fmt.Sprintf("the grades lack what a person graded: %v", err))
		} else if err != nil {
			return nil, err
		}
	}
	for _, r := range results {
		g := gradefile.Grade{Student: c.Roster.Student(r.Student), Result: r}
		if standing, found := standings[r.Student]; found {
			g.Standing = &standing
		}
		list = append(list, g)
	}
	return list, nil
}

// Stats returns the statistics of an assignment's results.
func (c *Course) Stats(assignment string) (stats.Stats, error) {
	results, err := c.Results(assignment)
	if err == nil && !slices.ContainsFunc(results, func(r course.Result) bool { return !r.Absent }) {
		err = fmt.Errorf("nobody has a result for %s: `coursework grade %s` makes them", assignment, assignment)
	}
	return stats.Of(results), err
}
