package main

import (
	"context"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// check runs the visible tests of a student's notebook.
func check(ctx context.Context, s settings, out *output) error {
	file, exercise, err := checkArguments(s.args)
	if err != nil {
		return err
	}
	r, err := coursework.Check(ctx, file, exercise)
	if err != nil {
		return err
	}
	if out.json {
		if err := out.writeJSON(r.Notebook); err != nil {
			return err
		}
	} else {
		out.printf("%s as saved at %s\n", filepath.Base(file), r.Saved.Format("15:04:05"))
		for _, e := range r.Notebook.Exercises {
			out.exercise(e)
		}
		if !r.Race {
			out.printf("The tests ran without the race detector, which needs a C compiler. Grading uses it.\n")
		}
	}
	if !r.Passed() {
		return errReported
	}
	return nil
}

// checkArguments returns the notebook and the exercise to check.
func checkArguments(args []string) (file, exercise string, err error) {
	if len(args) > 0 && strings.HasSuffix(args[0], ".ipynb") {
		file, args = args[0], args[1:]
	}
	if len(args) > 1 {
		return "", "", usageError("check: got the exercises %s, want at most one, after the notebook", strings.Join(args, " and "))
	}
	if len(args) == 1 {
		exercise = args[0]
	}
	if file == "" {
		file, err = coursework.FindNotebook()
	}
	return file, exercise, err
}
