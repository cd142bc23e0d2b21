package course

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Submission is what one student handed in for an assignment.
type Submission struct {
	Notebooks map[string][]byte // by name, without the ones that can't be read
	Submitted time.Time         // zero if unknown
	Problems  []Problem
}

// TimestampFile is the file of a submission that says when it was handed in.
const TimestampFile = "timestamp.txt"

// ExchangeFiles are the files that nbgrader's exchange adds to a submission.
var ExchangeFiles = []string{TimestampFile, "submission_secret.txt"}

// FormatTimestamp returns the content of a [TimestampFile].
func FormatTimestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05.000000") + " UTC\n"
}

// Students lists who handed in an assignment. If some are named, it returns
// these, sorted, and fails if one of them didn't hand in. It calls notice about
// folders whose names no student can have.
func (f *Folder) Students(assignment string, named []string, notice func(string)) ([]string, error) {
	for _, student := range named {
		if err := CheckName(student); err != nil {
			return nil, fmt.Errorf("student: %w", err)
		}
		if _, err := os.Lstat(filepath.Join(f.Dir, "submitted", student, assignment)); err != nil {
			return nil, fmt.Errorf("%s has not handed in %s: %w", student, assignment, err)
		}
	}
	if len(named) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(named))), nil
	}
	students, err := f.HandedIn(assignment, notice)
	if err != nil {
		return nil, err
	}
	if len(students) == 0 {
		return nil, fmt.Errorf("nobody has handed in %s: submissions are folders %s that hold the notebooks; `coursework collect` and `nbgrader collect` put them there", assignment, filepath.Join(f.Dir, "submitted", "STUDENT", assignment))
	}
	return students, nil
}

// HandedIn lists who handed in an assignment, sorted. It calls notice about folders
// whose names no student can have.
func (f *Folder) HandedIn(assignment string, notice func(string)) (students []string, err error) {
	entries, err := os.ReadDir(filepath.Join(f.Dir, "submitted"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(f.Dir, "submitted", e.Name(), assignment)); err != nil {
			continue
		}
		if err := CheckName(e.Name()); err != nil {
			notice(fmt.Sprintf("submitted/%s is ignored: %v", untrusted.Clean(e.Name()), err))
			continue
		}
		students = append(students, e.Name())
	}
	return students, nil
}

// SubmittedAt returns when a student handed in an assignment, or the zero time if
// that is unknown.
func (f *Folder) SubmittedAt(student, assignment string) time.Time {
	root, err := os.OpenRoot(filepath.Join(f.Dir, "submitted"))
	if err != nil {
		return time.Time{}
	}
	defer root.Close()
	text, err := ReadPlain(root, filepath.Join(student, assignment, TimestampFile))
	if err != nil {
		return time.Time{}
	}
	t, err := ParseTimestamp(string(text))
	if err != nil {
		return time.Time{}
	}
	return t
}

// OpenSubmission reads a student's files. Its Problems say what is wrong with
// them; an error means that the course can't be read.
func (f *Folder) OpenSubmission(student string, a *Assignment) (*Submission, error) {
	s := &Submission{Notebooks: map[string][]byte{}}
	problem := func(kind ProblemKind, format string, args ...any) {
		s.Problems = append(s.Problems, Problem{Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
	// Links in the path to the submission aren't followed either.
	for _, dir := range []string{filepath.Join("submitted", student), filepath.Join("submitted", student, a.Name)} {
		info, err := os.Lstat(filepath.Join(f.Dir, dir))
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			problem(Broken, "%s is not a folder, and links are not followed", dir)
			return s, nil
		}
	}
	root, err := os.OpenRoot(filepath.Join(f.Dir, "submitted", student, a.Name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, nb := range a.Notebooks {
		text, err := ReadPlain(root, nb.Name+".ipynb")
		switch {
		case err == nil:
			s.Notebooks[nb.Name] = text
		case errors.Is(err, os.ErrNotExist):
			problem(Missing, "the notebook %s.ipynb was not handed in", nb.Name)
		default:
			problem(Broken, "%v", err)
		}
	}
	text, err := ReadPlain(root, TimestampFile)
	if err == nil {
		s.Submitted, err = ParseTimestamp(string(text))
	}
	switch {
	case errors.Is(err, os.ErrNotExist) && !a.Due.IsZero():
		problem(Note, "there is no %s to say when this was handed in, so it counts as in time", TimestampFile)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		problem(Note, "%s does not say when this was handed in, so it counts as in time: %v", TimestampFile, err)
	}
	return s, nil
}

// Digest returns a hash of the submission and of base, which stands for
// everything else that its result depends on.
func (s *Submission) Digest(base string) string {
	h := sha256.New()
	fmt.Fprintln(h, base, s.Submitted.UTC(), s.Problems)
	for _, name := range slices.Sorted(maps.Keys(s.Notebooks)) {
		fmt.Fprintln(h, name, len(s.Notebooks[name]))
		h.Write(s.Notebooks[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ParseTimestamp reads a time as nbgrader's exchange writes it.
func ParseTimestamp(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"2006-01-02 15:04:05.999999999 MST", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05.999999999 -0700", time.RFC3339Nano} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		switch t.Location().String() {
		case "UTC", "Local", "": // the last is an offset; Go takes a name that it doesn't know for UTC
			return t.UTC(), nil
		}
	}
	if i := strings.LastIndex(text, " "); i >= 0 {
		if place, err := time.LoadLocation(text[i+1:]); err == nil {
			if t, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", text[:i], place); err == nil {
				return t.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-27 17:00:00.000000 UTC, or its time zone is not known on this machine", untrusted.Truncate(text, 60))
}
