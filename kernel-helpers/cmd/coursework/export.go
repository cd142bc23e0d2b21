package main

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// export prints the grades of assignments as CSV.
func export(_ context.Context, s settings, out *output) error {
	c, err := s.open()
	if err != nil {
		return err
	}
	results, err := c.AllResults(s.args...)
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(results)
	}
	return coursework.Export(out.stdout, results)
}
