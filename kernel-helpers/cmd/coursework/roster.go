package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// roster prints the class list, and removes from the results who isn't on it.
func roster(ctx context.Context, s settings, out *output) error {
	c, err := coursework.Open(s.course)
	if err != nil {
		return err
	}
	r, err := c.ReadRoster(ctx, !s.noGradebook, out.notice)
	if err != nil {
		return err
	}
	if out.json {
		return out.writeJSON(r)
	}
	for _, student := range r.Students {
		line := student.Name
		if student.FullName != "" && student.FullName != student.Name {
			line += ", " + student.FullName
		}
		if student.Group != "" {
			line += ", group " + student.Group
		}
		if student.Written != "" {
			line += ", extension " + student.Written
		}
		if student.Grace != nil {
			line += ", grace " + strings.TrimSuffix(student.Grace.String(), "0s")
		}
		out.printf("%s\n", untrusted.Clean(line))
	}
	return nil
}
