package main

import (
	"context"
	"path/filepath"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// create makes a course or an assignment.
func create(_ context.Context, s settings, out *output) error {
	r, err := coursework.New(s.args[0], s.course)
	if err != nil {
		return err
	}
	if r.Course != "" {
		out.printf("%s is a course with one assignment, ps1, for you to change.\n%s explains how.\nNext: cd there, `coursework verify`, `coursework release ps1`. JupyterLab started there shows the course in nbgrader's panels.\n", r.Course, filepath.Join(r.Folder, "AUTHORING.md"))
		return nil
	}
	out.printf("%s is the assignment to write. `coursework verify %s` checks its tests with its solution and mutants.\n%s explains the marks, points, mutants and probes.\n", r.Notebook, s.args[0], filepath.Join(r.Folder, "AUTHORING.md"))
	return nil
}
