package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// feedback writes what students get back of an assignment.
func feedback(ctx context.Context, s settings, out *output) error {
	if len(s.args) == 0 {
		return usageError("feedback: of which assignment?")
	}
	c, err := s.open()
	if err != nil {
		return err
	}
	results, err := c.Results(s.args[0])
	if err != nil {
		return err
	}
	if students := s.args[1:]; len(students) > 0 {
		results = slices.DeleteFunc(results, func(r coursework.Result) bool { return !slices.Contains(students, r.Student) })
		for _, name := range students {
			if !slices.ContainsFunc(results, func(r coursework.Result) bool { return r.Student == name }) {
				return fmt.Errorf("coursework: there is no result of %s for %s: `coursework grade %s %s` makes it", s.args[0], name, s.args[0], name)
			}
		}
	}
	if len(results) == 0 {
		return fmt.Errorf("coursework: there is no result of %s: `coursework grade %s` makes them", s.args[0], s.args[0])
	}
	var standings map[string]coursework.Standing
	var notTaken error
	without := s.noGradebook
	if !without { // what a person gave is there
		standings, notTaken = coursework.WriteGradebook(ctx, c.Dir, results)
	}
	if errors.Is(notTaken, coursework.ErrNoPython) {
		without = true
		fmt.Fprintf(out.stderr, "coursework: the feedback is without what a person graded: %v\n", notTaken)
		notTaken = nil
	}
	var all []string
	for _, r := range results {
		standing, ok := standings[r.Student]
		if !ok && !without {
			continue // the error names it, and stops nobody else's
		}
		paths, err := coursework.WriteFeedback(c.Dir, r, standing)
		if err != nil {
			return err
		}
		all = append(all, paths...)
		if !out.json {
			for _, path := range paths {
				out.printf("%s\n", coursework.Clean(path))
			}
		}
	}
	if out.json {
		return errors.Join(out.writeJSON(all), notTaken)
	}
	return notTaken
}
