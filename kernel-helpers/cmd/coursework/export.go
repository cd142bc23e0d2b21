package main

import (
	"bytes"
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// export prints the grades of assignments.
func export(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	if s.format != "" {
		var text bytes.Buffer
		err := c.WriteGrades(ctx, &text, s.args[0], coursework.GradeFileOptions{Format: s.format, Student: s.student, Into: s.into, NoGradebook: s.noGradebook, Notice: out.notice})
		if err != nil {
			return err
		}
		_, err = text.WriteTo(out.stdout)
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
