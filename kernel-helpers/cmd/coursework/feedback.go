package main

import (
	"context"
	"errors"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// feedback writes what students get back on an assignment.
func feedback(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Feedback(ctx, s.args[0], coursework.FeedbackOptions{
		Students: s.args[1:], Zip: s.zip, NoGradebook: s.noGradebook, Notice: out.notice,
	})
	if out.json && (err == nil || len(r.Files) > 0) {
		return errors.Join(out.writeJSON(r.Files), err)
	}
	for _, file := range r.Files {
		out.printf("%s\n", untrusted.Clean(file))
	}
	return err
}
