package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// verify checks assignments' tests with answers whose outcome is known.
func verify(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	names := s.args
	if len(names) == 0 {
		if names, err = c.AssignmentNames(); err != nil {
			return err
		}
	}
	passed := true
	all := map[string][]coursework.Verified{}
	for _, name := range names {
		r, err := c.Verify(ctx, name, coursework.VerifyOptions{Times: s.times, Parallel: s.parallel, Unsafe: s.unsafe})
		if err != nil {
			return err
		}
		all[name] = r.Answers
		passed = passed && r.Passed()
		if out.json {
			continue
		}
		for _, v := range r.Answers {
			out.verified(v)
		}
		caught, total := r.Mutants()
		out.printf("%s: %d of %d mutants caught\n", name, caught, total)
	}
	if out.json {
		if err := out.writeJSON(all); err != nil {
			return err
		}
	}
	if !passed {
		return errReported
	}
	return nil
}

// verified prints the outcome of one answer.
func (o *output) verified(v coursework.Verified) {
	status := o.paint(green, "as expected")
	if !v.AsExpected {
		status = o.paint(red, "UNEXPECTED")
	}
	o.printf("%-12s  %s/%s %s\n", status, v.Notebook, v.Exercise, v.Answer)
	if v.Why != "" {
		o.printf("              %s\n", strings.ReplaceAll(untrusted.Clean(v.Why), "\n", " "))
	}
}
