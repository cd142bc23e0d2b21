package coursework

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Export writes results as CSV for a spreadsheet: a line a submission, with a
// column for each exercise of any of them. Points are those of the tests; what a
// person gives is in nbgrader's gradebook.
func Export(w io.Writer, results []Result) error {
	var exercises []string
	for _, r := range results {
		for name := range exerciseScores(r) {
			if !slices.Contains(exercises, name) {
				exercises = append(exercises, name)
			}
		}
	}
	slices.Sort(exercises)
	out := csv.NewWriter(w)
	head := []string{"student", "assignment", "submitted", "score", "max_score", "to_grade", "days_late", "penalty", "problems"}
	if err := out.Write(append(head, exercises...)); err != nil {
		return fmt.Errorf("coursework: export: %w", err)
	}
	for _, r := range results {
		submitted := ""
		if !r.Submitted.IsZero() {
			submitted = r.Submitted.UTC().Format(time.RFC3339)
		}
		row := []string{
			csvText(r.Student), csvText(r.Assignment), submitted, csvNumber(r.Score), csvNumber(r.MaxScore), csvNumber(r.ToGrade),
			strconv.Itoa(r.DaysLate), csvNumber(r.Penalty), strconv.Itoa(costlyProblems(r)),
		}
		scores := exerciseScores(r)
		for _, name := range exercises {
			if score, ok := scores[name]; ok {
				row = append(row, csvNumber(score))
			} else {
				row = append(row, "")
			}
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("coursework: export: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("coursework: export: %w", err)
	}
	return nil
}

// WriteGrades writes the results of all the course's assignments to its
// grades.csv, as [Export] does, whole or not at all.
func (c *Course) WriteGrades() error {
	results, err := c.AllResults()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := Export(&text, results); err != nil {
		return err
	}
	return replacePrivate(filepath.Join(c.Dir, "grades.csv"), text.Bytes())
}

// AllResults reads the results of assignments: of all where none is named.
func (c *Course) AllResults(assignments ...string) (all []Result, err error) {
	if len(assignments) == 0 {
		if assignments, err = c.AssignmentNames(); err != nil {
			return nil, err
		}
	}
	for _, name := range assignments {
		results, err := c.Results(name)
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}

// exerciseScores are a result's points by assignment/exercise, with the notebook
// between where there are several.
func exerciseScores(r Result) map[string]float64 {
	scores := map[string]float64{}
	for _, n := range r.Notebooks {
		for _, e := range n.Exercises {
			name := r.Assignment + "/" + e.Name
			if len(r.Notebooks) > 1 {
				name = r.Assignment + "/" + n.Name + "/" + e.Name
			}
			scores[csvText(name)] = e.Score
		}
	}
	return scores
}

// costlyProblems counts what is amiss with a submission but for notes.
func costlyProblems(r Result) int {
	count := 0
	add := func(problems []Problem) {
		for _, p := range problems {
			if p.Kind != Note {
				count++
			}
		}
	}
	add(r.Problems)
	for _, n := range r.Notebooks {
		add(n.Problems)
		for _, e := range n.Exercises {
			add(e.Problems)
		}
	}
	return count
}

func csvNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// csvText keeps a spreadsheet from taking a name for a formula.
func csvText(text string) string {
	text = Clean(text)
	if strings.IndexAny(text, "=+-@\t") == 0 {
		return "'" + text
	}
	return text
}
