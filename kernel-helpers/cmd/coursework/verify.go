package main

import (
	"context"
	"strings"
	"time"

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
	made := map[string]*coursework.Generated{}
	if !out.json {
		defer func() { // what went wrong ends the output, where it is seen
			for _, name := range names {
				for _, v := range all[name] {
					if !v.AsExpected {
						out.verified(v)
					}
				}
			}
		}()
	}
	for _, name := range names {
		o := coursework.VerifyOptions{Times: s.times, Parallel: s.parallel, Unsafe: s.unsafe}
		r, err := c.Verify(ctx, name, o)
		if err != nil {
			return err
		}
		all[name] = r.Answers
		passed = passed && r.Passed()
		if s.mutants {
			generated, err := c.Generate(ctx, name, nil, o, func(done, total int) { out.progress("%s: %d of %d generated mutants run", name, done, total) })
			out.progress("")
			if err != nil {
				return err
			}
			made[name] = generated
			passed = passed && len(generated.Survivors) == 0 && len(generated.Stale) == 0
		}
		if out.json {
			continue
		}
		for _, v := range r.Answers {
			if v.AsExpected {
				out.verified(v)
			}
		}
		caught, total := r.Mutants()
		out.printf("%s: %d of %d mutants caught\n", name, caught, total)
		if s.mutants {
			out.generated(name, made[name])
		}
	}
	switch {
	case out.json && s.mutants:
		if err := out.writeJSON(map[string]any{"answers": all, "generated": made}); err != nil {
			return err
		}
	case out.json:
		if err := out.writeJSON(all); err != nil {
			return err
		}
	}
	if !passed {
		return errReported
	}
	return nil
}

// generated prints the outcome of generated mutants, and every survivor.
func (o *output) generated(name string, g *coursework.Generated) {
	for _, s := range g.Survivors {
		o.printf("%-12s  %s/%s, line %d of %s\n              %s\n              %s\n", o.paint(red, "SURVIVED"), s.Notebook, s.Exercise, s.Line, s.Cell, s.Name, s.Text)
	}
	for _, key := range g.Stale {
		o.printf("%-12s  %s: it was caught, or is not made any more: delete it from %s\n", o.paint(red, "NO EXCUSE"), key, coursework.ExcusesFile)
	}
	o.printf("%s: %d of %d generated mutants caught, %d excused in %s; %d more did not compile; %v\n",
		name, g.Caught, g.Caught+g.Excused+len(g.Survivors), g.Excused, coursework.ExcusesFile, g.Invalid, g.Took.Round(time.Second))
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
