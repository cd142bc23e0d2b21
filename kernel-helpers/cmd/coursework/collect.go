package main

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// collect puts handed-in files into submitted/.
func collect(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Collect(ctx, s.args[0], s.args[1:], s.again)
	if out.json {
		if err := out.writeJSON(r.Files); err != nil {
			return err
		}
	} else {
		for _, f := range r.Files {
			if f.Refused != "" {
				out.printf("%s  %s: %s\n", out.paint(red, "refused  "), untrusted.Clean(f.From), untrusted.Clean(f.Refused))
			} else {
				out.printf("%s  %s for %s\n", out.paint(green, "collected"), untrusted.Clean(f.From), f.Student)
				if f.Note != "" {
					out.printf("           %s\n", untrusted.Clean(f.Note))
				}
			}
		}
	}
	if err == nil && !r.Complete() {
		return errReported
	}
	return err
}
