package main

import (
	"context"
	"os"
	"path/filepath"

	"example.com/speedup/kernel-helpers/coursework"
)

// export prints the grades of assignments as CSV.
func export(_ context.Context, s settings, out *output) error {
	c, err := s.open()
	if err != nil {
		return err
	}
	results, err := allResults(c, s.args)
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(results)
	}
	return coursework.Export(out.stdout, results)
}

// allResults reads the results of assignments: of all where none is named.
func allResults(c *coursework.Course, names []string) (all []coursework.Result, err error) {
	if len(names) == 0 {
		if names, err = c.AssignmentNames(); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		results, err := c.Results(name)
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}

// writeGrades writes the grades of all assignments to grades.csv of the course,
// whole or not at all.
func writeGrades(c *coursework.Course) error {
	results, err := allResults(c, nil)
	if err != nil {
		return err
	}
	making, err := os.CreateTemp(c.Dir, ".grades.csv.*")
	if err != nil {
		return err
	}
	defer os.Remove(making.Name()) // it is gone where all went well
	err = coursework.Export(making, results)
	if closeErr := making.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(making.Name(), filepath.Join(c.Dir, "grades.csv"))
}
