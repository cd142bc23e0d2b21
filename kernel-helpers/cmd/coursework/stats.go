package main

import (
	"context"
	"fmt"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// statistics prints what the results of an assignment have in common.
func statistics(_ context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Stats(s.args[0])
	if err != nil {
		return err
	}
	switch {
	case out.json:
		return out.writeJSON(r)
	case s.format == "csv":
		return r.WriteCSV(out.stdout)
	case s.format == "html":
		return r.WriteHTML(out.stdout)
	}
	out.printf("%s: %d handed in, %d absent, %d late\n", r.Assignment, r.HandedIn, r.Absent, r.Late)
	out.printf("%-34s %6s %6s %6s %6s %6s %6s\n", "points", "of", "min", "q1", "median", "q3", "max")
	row := func(name string, of float64, v ...float64) {
		out.printf("%-34s %6.4g", untrusted.Clean(name), of)
		for _, x := range v {
			out.printf(" %6.4g", x)
		}
		out.printf("\n")
	}
	row("all", r.MaxScore, r.Score.Min, r.Score.Q1, r.Score.Median, r.Score.Q3, r.Score.Max)
	for _, e := range r.Exercises {
		row(e.Name, e.MaxScore, e.Score.Min, e.Score.Q1, e.Score.Median, e.Score.Q3, e.Score.Max)
	}
	out.printf("\n%-34s %s\n", "passed", "students")
	for _, e := range r.Exercises {
		for _, t := range e.Tests {
			hidden := ""
			if t.Hidden {
				hidden = ", hidden"
			}
			out.printf("%-34s %d of %d%s\n", untrusted.Clean(t.Name), t.Passed, t.Of, hidden)
		}
	}
	if len(r.Messages) > 0 {
		out.printf("\nthe most frequent messages\n")
	}
	for _, m := range r.Messages {
		out.printf("%4d  %s\n", m.Students, untrusted.Clean(fmt.Sprintf("%s: %s", m.Exercise, m.Text)))
	}
	return nil
}
