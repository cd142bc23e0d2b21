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

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// Release makes release/ASSIGNMENT, which is what students get, by nbgrader's
// generate_assignment, and has nbgrader's gradebook know the assignment. What
// nbgrader says goes to log.
//
// The new release takes the old one's place only when it holds no solution, no
// hidden test and no output, and when it compiles as it is and none of its tests
// passes.
func Release(ctx context.Context, course, assignment string, log io.Writer) error {
	c, err := OpenCourse(course)
	if err != nil {
		return err
	}
	a, err := c.Assignment(assignment)
	if err != nil {
		return err
	}
	if err := release(ctx, c, a, log); err != nil {
		return fmt.Errorf("coursework: release %s: %w", assignment, err)
	}
	return nil
}

func release(ctx context.Context, c *Course, a *Assignment, log io.Writer) error {
	for _, s := range a.Sheets {
		if err := s.checkPoints(); err != nil {
			return fmt.Errorf("%s.ipynb: %w", s.Name, err)
		}
	}
	making, err := os.MkdirTemp(c.Dir, ".release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(making)
	cmd, said, err := pythonCommand(ctx, c.Dir, "nbgrader", "generate_assignment", a.Name, "--force",
		"--CourseDirectory.root="+c.Dir, "--CourseDirectory.release_directory="+filepath.Base(making))
	if err != nil {
		return err
	}
	cmd.Stdout = log
	cmd.Stderr = io.MultiWriter(log, said)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("nbgrader generate_assignment: %w", failure(ctx, err, said))
	}
	made := filepath.Join(making, a.Name)
	for _, s := range a.Sheets {
		file := filepath.Join(made, s.Name+".ipynb")
		if err := checkReleased(file, s); err != nil {
			return fmt.Errorf("%s.ipynb: %w", s.Name, err)
		}
		if err := checkFails(ctx, file); err != nil {
			return fmt.Errorf("%s.ipynb: %w", s.Name, err)
		}
	}
	return replaceDir(made, filepath.Join(c.Dir, "release", a.Name))
}

// checkReleased holds a released notebook against its source.
func checkReleased(file string, source *Sheet) error {
	nb, err := notebook.Read(file)
	if err != nil {
		return err
	}
	if language := nb.Metadata("kernelspec", "language"); string(language) != `"go"` {
		return fmt.Errorf("its kernelspec names the language %s, not \"go\": choose the kernel Go (gonb) in JupyterLab and save", cmp.Or(string(language), "nothing"))
	}
	var errs []error
	for i, cell := range nb.Cells() {
		for _, mark := range []string{beginSolution, endSolution, beginHidden, endHidden, "BEGIN MARK SCHEME"} {
			if strings.Contains(cell.Source(), mark) {
				errs = append(errs, fmt.Errorf("cell %d still holds %q: marks stand in answer and test cells only", i+1, mark))
			}
		}
		if len(cell.Outputs()) > 0 || cell.ExecutionCount() > 0 {
			errs = append(errs, fmt.Errorf("cell %d still holds outputs", i+1))
		}
	}
	released, err := parseSheet(source.Name, nb)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if len(released.Exercises) != len(source.Exercises) {
		return errors.Join(append(errs, fmt.Errorf("%d exercises of the source's %d are there", len(released.Exercises), len(source.Exercises)))...)
	}
	text := string(nb.Bytes())
	for i, e := range source.Exercises {
		for _, c := range e.Cases {
			if c.Hidden && strings.Contains(text, c.Name) {
				errs = append(errs, fmt.Errorf("it names the hidden test %s", c.Name))
			}
		}
		for j, a := range e.Answers {
			if sameText(a.Text, released.Exercises[i].Answers[j].Text) {
				errs = append(errs, fmt.Errorf("the answer cell %s is as in the source: put its solution between // %s and // %s", a.Cell, beginSolution, endSolution))
			}
		}
	}
	return errors.Join(errs...)
}

// checkFails runs a released notebook as a student would who has just opened it.
func checkFails(ctx context.Context, file string) error {
	n, _, _, err := Check(ctx, file, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range n.Exercises {
		for _, p := range e.Problems {
			if p.Kind != Note {
				errs = append(errs, fmt.Errorf("%s: %s", strings.TrimPrefix(problemPlace(p)+": ", ": "), p.Text))
			}
		}
		for _, t := range e.Tests {
			if t.Status == Passed {
				errs = append(errs, fmt.Errorf("%s passes before anything is answered", t.Name))
			}
		}
	}
	return errors.Join(errs...)
}

// replaceDir puts a folder in another's place. There is a moment without either,
// but both are whole at all times.
func replaceDir(made, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	old := made + ".old"
	if err := os.Rename(target, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(made, target); err != nil {
		return errors.Join(err, os.Rename(old, target))
	}
	return nil
}
