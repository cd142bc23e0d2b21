package main

import (
	"context"
	"errors"
	"fmt"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// grade grades an assignment's submissions.
func grade(ctx context.Context, s settings, out *output) error {
	if len(s.args) == 0 {
		return usageError("grade: which assignment?")
	}
	c, err := s.open()
	if err != nil {
		return err
	}
	results, err := coursework.Grade(ctx, c, s.args[0], coursework.GradeOptions{
		Students: s.args[1:], Parallel: s.parallel, Again: s.again, Unsafe: s.unsafe,
		Notice: func(text string) { fmt.Fprintln(out.stderr, "coursework: "+text) },
		Progress: func(r coursework.Result, _ bool, done, total int) {
			out.progress("%d of %d graded, last %s", done, total, r.Student)
		},
	})
	out.progress("")
	if err != nil {
		return err
	}
	notRecorded := record(ctx, s, c, results, out)
	if out.json {
		return errors.Join(out.writeJSON(results), notRecorded)
	}
	for _, r := range results {
		out.result(r)
	}
	return notRecorded
}

// record puts results where teachers look for them: grades.csv, which has all of
// the course, and nbgrader's gradebook.
func record(ctx context.Context, s settings, c *coursework.Course, results []coursework.Result, out *output) error {
	if err := c.WriteGrades(); err != nil {
		return err
	}
	if s.noGradebook {
		return nil
	}
	out.progress("%d results go into nbgrader's gradebook", len(results))
	defer out.progress("")
	_, err := coursework.WriteGradebook(ctx, c.Dir, results)
	if errors.Is(err, coursework.ErrNoPython) {
		fmt.Fprintf(out.stderr, "coursework: the results are in results/ and grades.csv, but not in nbgrader's gradebook: %v\n", err)
		return nil
	}
	return err
}

// result prints a line of a class list, and what is amiss below it.
func (o *output) result(r coursework.Result) {
	o.printf("%-20s %6g of %g", r.Student, r.Score, r.MaxScore)
	if r.ToGrade > 0 {
		o.printf(", and %g by hand", r.ToGrade)
	}
	if r.DaysLate > 0 {
		o.printf(", %d days late", r.DaysLate)
	}
	o.printf("\n")
	for _, p := range r.Problems {
		o.problem("    ", p)
	}
	for _, n := range r.Notebooks {
		for _, p := range n.Problems {
			o.problem("    ", p)
		}
		for _, e := range n.Exercises {
			for _, p := range e.Problems {
				if p.Kind != coursework.Note && p.Kind != coursework.Missing {
					o.problem("    ", p)
				}
			}
			for _, t := range e.Tests {
				if t.Status == coursework.Crashed || t.Status == coursework.Limited || t.Status == coursework.TimedOut {
					o.problem("    ", coursework.Problem{Kind: coursework.ProblemKind(t.Status), Cell: e.Name, Text: fmt.Sprintf("%s: %s", t.Name, firstOf(t.Messages))})
				}
			}
		}
	}
}

func firstOf(messages []string) string {
	if len(messages) == 0 {
		return ""
	}
	return messages[0]
}
