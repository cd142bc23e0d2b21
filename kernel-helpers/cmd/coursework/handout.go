package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// handout makes the students' copy of the checkout.
func handout(ctx context.Context, s settings, out *output) error {
	if len(s.args) != 1 {
		return usageError("handout: into which folder?")
	}
	c, err := s.open()
	if err != nil {
		return err
	}
	names, err := coursework.Handout(ctx, c, s.args[0])
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(map[string]any{"folder": s.args[0], "assignments": names})
	}
	out.printf("%s is for students: the notebooks, the kernel and %s, without solutions.\nThey run ./install.sh lab there.\n", s.args[0], strings.Join(names, ", "))
	return nil
}
