package main

import (
	"context"
	"os"
	"path/filepath"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// create makes a course, or an assignment in the course of --course or of the
// current folder.
func create(_ context.Context, s settings, out *output) error {
	if len(s.args) != 1 {
		return usageError("new: which folder for the course, or which name for the assignment?")
	}
	name, course := s.args[0], s.course
	if _, err := os.Stat(coursework.CourseFile); course == "" && err == nil && filepath.Base(name) == name {
		course = "."
	}
	if course != "" {
		if err := coursework.NewAssignment(course, name); err != nil {
			return err
		}
		notebook := filepath.Join(course, "source", name, name+".ipynb")
		out.printf("%s is the assignment to write; `coursework verify %s` holds its tests against its solution and mutants\n", notebook, name)
		return nil
	}
	if filepath.Base(name) == name && coursework.InCheckout(".") {
		return usageError("new: %s would be a new course within the checkout: for that, write ./%s; for an assignment, add --course FOLDER of its course, or go there", name, name)
	}
	if err := coursework.NewCourse(name); err != nil {
		return err
	}
	out.printf("%s is a course with one assignment, ps1, to change.\nNext: cd there, `coursework verify`, `coursework release ps1`; JupyterLab started there shows it in nbgrader's panels.\n", name)
	return nil
}
