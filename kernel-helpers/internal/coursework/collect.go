package coursework

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/base/atomicfile"
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
	if err == nil {
		err = c.recordEntries(a.Name, list)
	}
	return &CollectResult{Files: list}, err
}

// entriesFile returns the file with the names that a learning platform gave to an
// assignment's notebooks, by student. It is out of students' reach, as it says whose
// feedback a file is.
func (c *Course) entriesFile(assignment string) string {
	return filepath.Join(c.Dir, ".collected", assignment+".json")
}

// readEntries reads the file that recordEntries writes.
func (c *Course) readEntries(assignment string) (map[string]string, error) {
	entries := map[string]string{}
	text, err := os.ReadFile(c.entriesFile(assignment))
	if errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	return entries, err
}

// recordEntries remembers under which names notebooks came.
func (c *Course) recordEntries(assignment string, list []intake.File) error {
	entries, err := c.readEntries(assignment)
	if err != nil {
		return err
	}
	changed := false
	for _, f := range list {
		if f.Refused != "" || entries[f.Student] == f.Entry {
			continue
		}
		changed = true
		if entries[f.Student] = f.Entry; f.Entry == "" {
			delete(entries, f.Student)
		}
	}
	if !changed {
		return nil
	}
	text, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		return err
	}
	file := c.entriesFile(assignment)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicfile.WriteFile(file, append(text, '\n'), 0o600)
}
