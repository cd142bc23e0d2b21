package main

import (
	"context"
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/similar"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// similarAnswers prints the answers that are equal after renaming and formatting.
func similarAnswers(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.Similar(ctx, s.args[0], coursework.SimilarOptions{Against: s.against, Least: float64(s.atLeast) / 100, Notice: out.notice})
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(r)
	}
	if len(r.Pairs) == 0 {
		out.printf("no similar answers among %d submissions and %d notebooks of earlier years\n", r.Compared, r.Earlier)
		return nil
	}
	for _, p := range r.Pairs {
		out.printf("%3.0f %%  %-16s %s (%s)  %s (%s)\n", 100*p.Similarity, p.Exercise, untrusted.Clean(p.A), lines(p.LinesA), untrusted.Clean(p.B), lines(p.LinesB))
	}
	out.printf("Similar answers are a reason to read them, and no proof.\n")
	return nil
}

// lines says which lines of an answer are meant.
func lines(ranges []similar.Lines) string {
	var parts []string
	for _, l := range ranges {
		if l.First == l.Last {
			parts = append(parts, fmt.Sprint(l.First))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", l.First, l.Last))
		}
	}
	if len(parts) == 1 && !strings.Contains(parts[0], "–") {
		return "line " + parts[0]
	}
	return "lines " + strings.Join(parts, ", ")
}
