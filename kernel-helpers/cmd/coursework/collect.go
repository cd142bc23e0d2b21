package main

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// collect puts handed-in files into submitted/.
func collect(ctx context.Context, s settings, out *output) error {
	if len(s.args) < 2 {
		return usageError("collect: which assignment, and which files?")
	}
	c, err := s.open()
	if err != nil {
		return err
	}
	list, err := coursework.Collect(ctx, c, s.args[0], s.args[1:], s.again)
	well := err == nil
	for _, l := range list {
		well = well && l.Refused == ""
		if out.json {
			continue
		}
		if l.Refused != "" {
			out.printf("%s  %s: %s\n", out.paint(31, "refused  "), coursework.Clean(l.From), coursework.Clean(l.Refused))
		} else {
			out.printf("%s  %s is %s's\n", out.paint(32, "collected"), coursework.Clean(l.From), l.Student)
		}
	}
	if out.json {
		if err := out.writeJSON(list); err != nil {
			return err
		}
	}
	if err == nil && !well {
		err = errNotWell
	}
	return err
}
