package coursework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// ReleaseResult is the outcome of [Course.Release].
type ReleaseResult struct {
	Folder string // release/ASSIGNMENT
}

// Release makes release/ASSIGNMENT, which is what students get, with nbgrader's
// generate_assignment, and adds the assignment to nbgrader's gradebook. What
// nbgrader prints goes to log.
//
// The new release replaces the old one only if it has no solution, no hidden test
// and no output, and if it compiles as it is and passes none of its tests.
func (c *Course) Release(ctx context.Context, assignment string, log io.Writer) (*ReleaseResult, error) {
	a, err := c.Assignment(assignment)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(c.Dir, "release", a.Name)
	if err := c.release(ctx, a, target, log); err != nil {
		return nil, fmt.Errorf("release %s: %w", assignment, err)
	}
	return &ReleaseResult{Folder: target}, nil
}

func (c *Course) release(ctx context.Context, a *course.Assignment, target string, log io.Writer) error {
	if err := a.CheckPoints(); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(c.Dir, ".release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := nbgrader.GenerateAssignment(ctx, c.Dir, a.Name, filepath.Base(temporary), log); err != nil {
		return err
	}
	made := filepath.Join(temporary, a.Name)
	for _, source := range a.Notebooks {
		file := filepath.Join(made, source.Name+".ipynb")
		if err := checkSecrets(file, source); err != nil {
			return fmt.Errorf("%s.ipynb: %w", source.Name, err)
		}
		if err := checkFails(ctx, file); err != nil {
			return fmt.Errorf("%s.ipynb: %w", source.Name, err)
		}
	}
	return replaceFolder(made, target)
}

// checkSecrets returns an error if a released notebook has solutions, hidden tests
// or outputs, or lacks an exercise of its source.
func checkSecrets(file string, source *course.Notebook) error {
	nb, err := notebook.Read(file)
	if err != nil {
		return err
	}
	if language := nb.Metadata("kernelspec", "language"); string(language) != `"go"` {
		return fmt.Errorf("the language of its kernelspec is %s, want \"go\": choose the kernel Go (gonb) in JupyterLab and save", cmp.Or(string(language), "missing"))
	}
	var errs []error
	for i, cell := range nb.Cells() {
		for _, mark := range []string{course.BeginSolution, course.EndSolution, course.BeginHidden, course.EndHidden, "BEGIN MARK SCHEME"} {
			if strings.Contains(cell.Source(), mark) {
				errs = append(errs, fmt.Errorf("cell %d still contains %q: use marks in answer and test cells only", i+1, mark))
			}
		}
		if len(cell.Outputs()) > 0 || cell.ExecutionCount() > 0 {
			errs = append(errs, fmt.Errorf("cell %d still has outputs", i+1))
		}
	}
	released, err := course.ParseNotebook(source.Name, nb)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if len(released.Exercises) != len(source.Exercises) {
		return errors.Join(append(errs, fmt.Errorf("got %d exercises, want the source's %d", len(released.Exercises), len(source.Exercises)))...)
	}
	text := string(nb.Bytes())
	for i, e := range source.Exercises {
		for _, c := range e.Cases {
			if c.Hidden && strings.Contains(text, c.Name) {
				errs = append(errs, fmt.Errorf("it names the hidden test %s", c.Name))
			}
		}
		for j, a := range e.Answers {
			if course.SameText(a.Text, released.Exercises[i].Answers[j].Text) {
				errs = append(errs, fmt.Errorf("the answer cell %s is as in the source: put its solution between // %s and // %s", a.Cell, course.BeginSolution, course.EndSolution))
			}
		}
	}
	return errors.Join(errs...)
}

// checkFails returns an error if a released notebook, as a student first opens it,
// doesn't compile or passes a test.
func checkFails(ctx context.Context, file string) error {
	r, err := Check(ctx, file, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range r.Notebook.Exercises {
		for _, p := range e.Problems {
			if p.Kind != course.Note {
				errs = append(errs, errors.New(strings.TrimPrefix(p.Place()+": ", ": ")+p.Text))
			}
		}
		for _, t := range e.Tests {
			if t.Status == course.Passed {
				errs = append(errs, fmt.Errorf("%s passes before anything is answered", t.Name))
			}
		}
	}
	return errors.Join(errs...)
}
