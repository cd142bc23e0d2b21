package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// verify holds assignments' tests against answers with a known outcome.
func verify(ctx context.Context, s settings, out *output) error {
	c, err := s.open()
	if err != nil {
		return err
	}
	names := s.args
	if len(names) == 0 {
		if names, err = c.AssignmentNames(); err != nil {
			return err
		}
	}
	well := true
	all := map[string][]coursework.Verified{}
	for _, name := range names {
		found, err := coursework.Verify(ctx, c, name, coursework.VerifyOptions{Times: s.times, Parallel: s.parallel, Unsafe: s.unsafe})
		if err != nil {
			return err
		}
		all[name] = found
		mutants, killed := 0, 0
		for _, v := range found {
			well = well && v.OK
			if v.Answer != "reference" && v.Answer != "stub" {
				mutants++
				if v.OK {
					killed++
				}
			}
			if !out.json {
				mark := out.paint(32, "as it should")
				if !v.OK {
					mark = out.paint(31, "NOT SO")
				}
				out.printf("%-12s  %s/%s %s\n", mark, v.Notebook, v.Exercise, v.Answer)
				if v.Why != "" {
					out.printf("              %s\n", strings.ReplaceAll(coursework.Clean(v.Why), "\n", " "))
				}
			}
		}
		if !out.json {
			out.printf("%s: %d of %d mutants caught\n", name, killed, mutants)
		}
	}
	if out.json {
		if err := out.writeJSON(all); err != nil {
			return err
		}
	}
	if !well {
		return errNotWell
	}
	return nil
}
