package coursework

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// submission is what one student has handed in for an assignment.
type submission struct {
	sheets   map[string][]byte // notebooks by name; those that can't be read are missing
	when     time.Time         // zero if nothing tells
	problems []Problem
}

// handedIn lists the students who have handed an assignment in, or checks that
// those named have.
//
// Folders whose names no student can have are told to notice.
func (c *Course) handedIn(assignment string, named []string, notice func(string)) ([]string, error) {
	for _, student := range named {
		if err := plainName(student); err != nil {
			return nil, fmt.Errorf("coursework: student: %w", err)
		}
		if _, err := os.Lstat(filepath.Join(c.Dir, "submitted", student, assignment)); err != nil {
			return nil, fmt.Errorf("coursework: %s has handed in no %s: %w", student, assignment, err)
		}
	}
	if len(named) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(named))), nil
	}
	entries, err := os.ReadDir(filepath.Join(c.Dir, "submitted"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	var students []string
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(c.Dir, "submitted", e.Name(), assignment)); err != nil {
			continue
		}
		if err := plainName(e.Name()); err != nil {
			notice(fmt.Sprintf("submitted/%s is left out: %v", Clean(e.Name()), err))
			continue
		}
		students = append(students, e.Name())
	}
	if len(students) == 0 {
		return nil, fmt.Errorf("coursework: nobody has handed in %s: submissions are folders %s with the notebooks in them; `coursework collect` and `nbgrader collect` put them there", assignment, filepath.Join(c.Dir, "submitted", "STUDENT", assignment))
	}
	return students, nil
}

// openSubmission reads a submission's files. What is wrong with them is in its
// problems.
func (c *Course) openSubmission(student string, a *Assignment) (*submission, error) {
	sub := &submission{sheets: map[string][]byte{}}
	broken := func(text string) {
		sub.problems = append(sub.problems, Problem{Kind: Broken, Text: text})
	}
	// Links are not followed on the way either.
	for _, dir := range []string{filepath.Join("submitted", student), filepath.Join("submitted", student, a.Name)} {
		info, err := os.Lstat(filepath.Join(c.Dir, dir))
		if err != nil {
			return nil, fmt.Errorf("coursework: %w", err)
		}
		if !info.IsDir() {
			broken(fmt.Sprintf("%s is not a folder, and links are not followed", dir))
			return sub, nil
		}
	}
	root, err := os.OpenRoot(filepath.Join(c.Dir, "submitted", student, a.Name))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	defer root.Close()
	for _, s := range a.Sheets {
		text, err := openPlain(root, s.Name+".ipynb")
		switch {
		case err == nil:
			sub.sheets[s.Name] = text
		case errors.Is(err, os.ErrNotExist):
			sub.problems = append(sub.problems, Problem{Kind: Missing, Text: fmt.Sprintf("the notebook %s.ipynb was not handed in", s.Name)})
		default:
			broken(err.Error())
		}
	}
	text, err := openPlain(root, "timestamp.txt")
	if err == nil {
		sub.when, err = parseTimestamp(string(text))
	}
	switch {
	case errors.Is(err, os.ErrNotExist) && !a.Due.IsZero():
		sub.problems = append(sub.problems, Problem{Kind: Note, Text: "nothing tells when this was handed in, as there is no timestamp.txt: it counts as in time"})
	case err != nil && !errors.Is(err, os.ErrNotExist):
		sub.problems = append(sub.problems, Problem{Kind: Note, Text: fmt.Sprintf("timestamp.txt doesn't tell when this was handed in, so it counts as in time: %v", err)})
	}
	return sub, nil
}

// digest sums up a submission with what else its result depends on.
func (s *submission) digest(base string) string {
	h := sha256.New()
	fmt.Fprintln(h, base, s.when.UTC(), s.problems)
	names := make([]string, 0, len(s.sheets))
	for name := range s.sheets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintln(h, name, len(s.sheets[name]))
		h.Write(s.sheets[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// parseTimestamp reads the times that nbgrader's exchange writes.
func parseTimestamp(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"2006-01-02 15:04:05.999999999 MST", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05.999999999 -0700", time.RFC3339Nano} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		switch t.Location().String() {
		case "UTC", "Local", "": // the last is an offset; another name is one that Go doesn't know, and takes for UTC
			return t.UTC(), nil
		}
	}
	if day, zone, ok := cutLast(text, " "); ok {
		if place, err := time.LoadLocation(zone); err == nil {
			if t, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", day, place); err == nil {
				return t.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-11-27 17:00:00.000000 UTC, or its time zone is not known here", limit(text, 60))
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// apply takes off what being late costs.
func (p LatePolicy) apply(r *Result, due time.Time) {
	if due.IsZero() || r.Submitted.IsZero() || !r.Submitted.After(due) {
		return
	}
	late := r.Submitted.Sub(due)
	const day = 24 * time.Hour
	if r.DaysLate = int(late / day); late%day > 0 {
		r.DaysLate++
	}
	switch {
	case p.LastDay > 0 && r.DaysLate > p.LastDay:
		r.Penalty = r.Score
	case r.DaysLate > p.FreeDays:
		r.Penalty = min(r.Score, float64(r.DaysLate-p.FreeDays)*p.PerDay*r.MaxScore)
	}
	r.Score -= r.Penalty
}
