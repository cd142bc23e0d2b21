package main

import (
	"context"
	"errors"
	"fmt"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// grade grades an assignment's submissions.
func grade(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Grade(ctx, s.args[0], coursework.GradeOptions{
		Students: s.args[1:], Parallel: s.parallel, Again: s.again, Unsafe: s.unsafe, NoGradebook: s.noGradebook,
		Notice: out.notice,
		Progress: func(r course.Result, _ bool, done, total int) {
			out.progress("%d of %d graded, last %s", done, total, r.Student)
		},
		Recording: func(n int) { out.progress("writing %d results into nbgrader's gradebook", n) },
	})
	out.progress("")
	if err != nil {
		return err
	}
	if out.json {
		return errors.Join(out.writeJSON(r.Results), r.Unrecorded)
	}
	for _, result := range r.Results {
		out.result(result)
	}
	return r.Unrecorded
}

// result prints a line of a class list, with the submission's problems below it.
func (o *output) result(r course.Result) {
	o.printf("%-20s %6g of %g", r.Student, r.Score, r.MaxScore)
	if r.ToGrade > 0 {
		o.printf(", and %g by hand", r.ToGrade)
	}
	switch {
	case r.DaysLate == 1:
		o.printf(", 1 day late")
	case r.DaysLate > 1:
		o.printf(", %d days late", r.DaysLate)
	}
	o.printf("\n")
	for _, reason := range r.Review() {
		o.problem("    ", course.Problem{Kind: "review", Text: "have a person look at this answer: " + reason})
	}
	for _, p := range r.Problems {
		o.problem("    ", p)
	}
	for _, n := range r.Notebooks {
		for _, p := range n.Problems {
			o.problem("    ", p)
		}
		for _, e := range n.Exercises {
			for _, p := range e.Problems {
				if p.Text != course.Untouched {
					o.problem("    ", p)
				}
			}
			for _, t := range e.Tests {
				if t.Status == course.Crashed || t.Status == course.Limited || t.Status == course.TimedOut {
					o.problem("    ", course.Problem{Kind: course.ProblemKind(t.Status), Cell: e.Name, Text: fmt.Sprintf("%s: %s", t.Name, first(t.Messages))})
				}
			}
		}
	}
}

func first(messages []string) string {
	if len(messages) == 0 {
		return ""
	}
	return messages[0]
}
