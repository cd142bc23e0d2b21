package main

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
)

// intake prints a submitted notebook as nbgrader gets it. nbgrader's own autograde
// calls it; it isn't for people.
func intake(_ context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	text, err := nbgrader.Rebuild(c.Dir, s.args[0], s.args[1], s.args[2])
	if err != nil {
		return err
	}
	out.printf("%s\n", text)
	return nil
}
