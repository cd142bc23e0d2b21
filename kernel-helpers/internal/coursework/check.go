package coursework

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
)

// CheckResult is the outcome of [Check].
type CheckResult struct {
	Notebook course.NotebookResult
	Saved    time.Time // when the file was saved, which is the version that was checked
	Race     bool      // the tests ran under the race detector
}

// Passed reports whether every exercise has full points.
func (r *CheckResult) Passed() bool {
	for _, e := range r.Notebook.Exercises {
		if e.Score != e.MaxScore {
			return false
		}
	}
	return true
}

// Check grades a student's notebook with the visible tests that are in it, on the
// student's machine: without a sandbox, as it is the student's own code, but with
// the limits and the rules of grading. exercise names one exercise, or is "" for
// all. Without a C compiler, Check runs the tests without the race detector.
func Check(ctx context.Context, file, exercise string) (*CheckResult, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	nb, err := course.ReadNotebook(file)
	if err != nil {
		return nil, err
	}
	var chosen []*course.Exercise
	var answers [][]course.Code
	var names []string
	for _, e := range nb.Exercises {
		names = append(names, e.Name)
		if exercise == "" || exercise == e.Name || exercise == e.Tests.Cell {
			chosen, answers = append(chosen, e), append(answers, e.Answers)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s has no exercise %s: it has %s", file, exercise, strings.Join(names, ", "))
	}
	root, err := checkout.Find(file)
	if err != nil {
		return nil, err
	}
	g, err := grader.New(ctx, root, []*course.Notebook{nb}, grader.Options{Student: true})
	if err != nil {
		return nil, err
	}
	results, err := g.Grade(ctx, chosen, answers, nil)
	if err != nil {
		return nil, err
	}
	return &CheckResult{
		Notebook: course.NotebookResult{Name: nb.Name, Exercises: results},
		Saved:    info.ModTime(),
		Race:     g.HasRaceDetector(),
	}, nil
}

// FindNotebook returns the notebook that a student means who names none: the one
// whose kernel runs this program, which Jupyter's server names in
// JPY_SESSION_NAME, or the only one in the working folder.
func FindNotebook() (string, error) {
	if name := os.Getenv("JPY_SESSION_NAME"); strings.HasSuffix(name, ".ipynb") {
		for _, file := range []string{name, filepath.Base(name)} {
			if _, err := os.Stat(file); err == nil {
				return file, nil
			}
		}
	}
	found, err := filepath.Glob("*.ipynb")
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", UsageError(fmt.Sprintf("check: got %d notebooks in this folder, want 1: name the one to check", len(found)))
	}
	return found[0], nil
}
