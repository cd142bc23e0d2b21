package coursework

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Check grades a student's notebook by the tests that are in it, the visible
// ones, on the student's machine: without a sandbox, as it is the student's own
// code, but within the same limits and rules. exercise names one exercise, or
// "" for all. Without a C compiler the race detector is left out, and raced is
// false. saved is when the file was saved, which is what was checked.
func Check(ctx context.Context, file, exercise string) (n NotebookResult, saved time.Time, raced bool, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return n, saved, false, fmt.Errorf("coursework: %w", err)
	}
	s, err := ReadSheet(file)
	if err != nil {
		return n, saved, false, err
	}
	var chosen []*Exercise
	var names []string
	for _, e := range s.Exercises {
		names = append(names, e.Name)
		if exercise == "" || exercise == e.Name || exercise == e.Tests.Cell {
			chosen = append(chosen, e)
		}
	}
	if len(chosen) == 0 {
		return n, saved, false, fmt.Errorf("coursework: there is no exercise %s in %s: it has %s", exercise, file, strings.Join(names, ", "))
	}
	checkout, err := FindCheckout(file)
	if err != nil {
		return n, saved, false, err
	}
	b, err := newStudentBench(ctx, checkout, s)
	if err != nil {
		return n, saved, false, err
	}
	n.Name = strings.TrimSuffix(filepath.Base(file), ".ipynb")
	answers := make([][]Code, len(chosen))
	for i, e := range chosen {
		answers[i] = e.Answers
	}
	if n.Exercises, err = b.grade(ctx, chosen, answers, nil); err != nil {
		return n, saved, false, err
	}
	return n, info.ModTime(), b.kit.race, nil
}

func newStudentBench(ctx context.Context, checkout string, s *Sheet) (*bench, error) {
	none, err := newSandbox(ctx, true)
	if err != nil {
		return nil, err
	}
	k, err := newKit(ctx, checkout, importsOfSheets([]*Sheet{s}), canRace(ctx, checkout))
	if err != nil {
		return nil, err
	}
	return &bench{kit: k, sandbox: none, inside: runtime.GOMAXPROCS(0), known: map[string]ExerciseResult{}}, nil
}
