package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// handout makes the students' copy of the checkout.
func handout(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Handout(ctx, s.args[0])
	if err != nil {
		return err
	}
	if s.classroom {
		if _, err := c.WriteWorkflow(s.args[0]); err != nil {
			return err
		}
	}
	if out.json {
		return out.writeJSON(r)
	}
	out.printf("%s is for students: it has the notebooks, the kernel and %s, without solutions.\nThey run ./install.sh lab there.\n", r.Folder, strings.Join(r.Assignments, ", "))
	return nil
}
