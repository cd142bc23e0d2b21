package main

import (
	"context"
	"path/filepath"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// release makes what students get of assignments.
func release(ctx context.Context, s settings, out *output) error {
	if len(s.args) == 0 {
		return usageError("release: which assignment?")
	}
	c, err := s.open()
	if err != nil {
		return err
	}
	for _, name := range s.args {
		if err := coursework.Release(ctx, c.Dir, name, out.stderr); err != nil {
			return err
		}
		out.printf("%s: without solutions and hidden tests; it compiles, and no test passes yet\n", filepath.Join(c.Dir, "release", name))
	}
	return nil
}
