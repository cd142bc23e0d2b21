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

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// ExportResult is the outcome of [Course.Export].
type ExportResult struct {
	Results []course.Result
}

// Export reads the results of the named assignments, or of all if none is named.
func (c *Course) Export(assignments ...string) (*ExportResult, error) {
	results, err := c.AllResults(assignments...)
	if err != nil {
		return nil, err
	}
	return &ExportResult{Results: results}, nil
}

// WriteCSV writes the results for a spreadsheet: a line for each submission, and a
// column for each exercise of any of them. Points are those of the tests; nbgrader's
// gradebook has what a person gave.
func (r *ExportResult) WriteCSV(w io.Writer) error {
	if err := r.writeCSV(w); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func (r *ExportResult) writeCSV(w io.Writer) error {
	var exercises []string
	for _, result := range r.Results {
		for name := range exerciseScores(result) {
			if !slices.Contains(exercises, name) {
				exercises = append(exercises, name)
			}
		}
	}
	slices.Sort(exercises)
	out := csv.NewWriter(w)
	head := []string{"student", "assignment", "submitted", "score", "max_score", "to_grade", "days_late", "penalty", "problems", "review"}
	if err := out.Write(append(head, exercises...)); err != nil {
		return err
	}
	for _, result := range r.Results {
		submitted := ""
		if !result.Submitted.IsZero() {
			submitted = result.Submitted.UTC().Format(time.RFC3339)
		}
		row := []string{
			untrusted.Cell(result.Student), untrusted.Cell(result.Assignment), submitted, csvNumber(result.Score), csvNumber(result.MaxScore), csvNumber(result.ToGrade),
			strconv.Itoa(result.DaysLate), csvNumber(result.Penalty), strconv.Itoa(costlyProblems(result)), untrusted.Cell(strings.Join(result.Review(), "; ")),
		}
		scores := exerciseScores(result)
		for _, name := range exercises {
			if score, found := scores[name]; found {
				row = append(row, csvNumber(score))
			} else {
				row = append(row, "")
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeGrades writes the results of all the course's assignments to its grades.csv,
// completely or not at all.
func (c *Course) writeGrades() error {
	all, err := c.Export()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := all.WriteCSV(&text); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(c.Dir, "grades.csv"), text.Bytes(), 0o600)
}

// exerciseScores returns a result's points by ASSIGNMENT/EXERCISE, or by
// ASSIGNMENT/NOTEBOOK/EXERCISE if there are several notebooks.
func exerciseScores(r course.Result) map[string]float64 {
	scores := map[string]float64{}
	for _, n := range r.Notebooks {
		for _, e := range n.Exercises {
			name := r.Assignment + "/" + e.Name
			if len(r.Notebooks) > 1 {
				name = r.Assignment + "/" + n.Name + "/" + e.Name
			}
			scores[untrusted.Cell(name)] = e.Score
		}
	}
	return scores
}

// costlyProblems counts the problems of a submission that aren't notes.
func costlyProblems(r course.Result) int {
	count := 0
	add := func(problems []course.Problem) {
		for _, p := range problems {
			if p.Kind != course.Note {
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
