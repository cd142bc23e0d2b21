package coursework

import (
	"context"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/intake"
)

// CollectResult is the outcome of [Course.Collect].
type CollectResult struct {
	Files []intake.File
}

// Complete reports whether every file was taken.
func (r *CollectResult) Complete() bool {
	return !slices.ContainsFunc(r.Files, func(f intake.File) bool { return f.Refused != "" })
}

// Collect puts notebooks that students handed in as files into submitted/; see
// [intake.Collect]. On an error, the result holds what was done until then.
func (c *Course) Collect(ctx context.Context, assignment string, files []string, replace bool) (*CollectResult, error) {
	a, err := c.Assignment(assignment)
	if err != nil {
		return &CollectResult{}, err
	}
	list, err := intake.CollectFor(ctx, c.Folder, a, files, replace, c.Roster.Find)
	for i, f := range list {
		if f.Refused == "" && !c.Roster.Has(f.Student) {
			list[i].Note = strings.TrimPrefix(f.Note+"; "+f.Student+" is not on the roster, so this is not graded", "; ")
		}
	}
	return &CollectResult{Files: list}, err
}
