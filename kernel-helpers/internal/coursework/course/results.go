package course

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// ResultFile returns the file of a student's result.
func (f *Folder) ResultFile(assignment, student string) string {
	return filepath.Join(f.Dir, "results", assignment, student+".json")
}

// ReadResult reads a file that [WriteResult] wrote.
func ReadResult(file string) (r Result, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// WriteResult writes a result to a file, or leaves the file as it was.
func WriteResult(file string, r Result) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicfile.WriteFile(file, append(text, '\n'), 0o600)
}

// Results reads the results of an assignment, sorted by student.
func (f *Folder) Results(assignment string) ([]Result, error) {
	if err := CheckName(assignment); err != nil {
		return nil, fmt.Errorf("assignment: %w", err)
	}
	files, err := filepath.Glob(escapeGlob(filepath.Dir(f.ResultFile(assignment, ""))) + string(filepath.Separator) + "*.json")
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, file := range files {
		r, err := ReadResult(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: grade it again with `coursework grade --again`", file, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// AllResults reads the results of the named assignments, or of all if none is
// named.
func (f *Folder) AllResults(assignments ...string) (all []Result, err error) {
	if len(assignments) == 0 {
		if assignments, err = f.AssignmentNames(); err != nil {
			return nil, err
		}
	}
	for _, name := range assignments {
		results, err := f.Results(name)
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}
