package main

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// export prints the grades of assignments.
func export(_ context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Export(s.args...)
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(r.Results)
	}
	return r.WriteCSV(out.stdout)
}
