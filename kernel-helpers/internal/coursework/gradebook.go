package coursework

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// intake is what the Python side is told of a submission, a line each.
type intake struct {
	Result    Result            `json:"result"`
	Notebooks map[string]string `json:"notebooks"` // those that can be read, by name
	Files     map[string]string `json:"files"`     // what nbgrader keeps beside them
}

// Standing is what nbgrader's gradebook holds of a submission.
type Standing struct {
	Score    float64 `json:"score"` // with what a person has given, and without the penalty
	MaxScore float64 `json:"max_score"`
	Marks    []Mark  `json:"marks"`
}

// Mark is what a person has graded, or is to grade, in nbgrader's formgrader.
type Mark struct {
	Notebook string  `json:"notebook"`
	Cell     string  `json:"cell"` // grade_id
	Score    float64 `json:"score"`
	MaxScore float64 `json:"max_score"` // 0 where there is a comment only
	Graded   bool    `json:"graded"`
	Comment  string  `json:"comment"`
}

// WriteGradebook puts results into nbgrader's gradebook.db and autograded/, as
// `nbgrader autograde` would, for the formgrader and all that comes after it.
// A result that is there already is left as it is, and with it what was graded
// by hand since. One process takes them all, at 0.1 to 0.2 s each. It returns
// what the gradebook then holds, by student.
//
// What can't be taken in doesn't stop the others; the error names it.
func WriteGradebook(ctx context.Context, course string, results []Result) (standings map[string]Standing, err error) {
	standings = map[string]Standing{}
	if len(results) == 0 {
		return standings, nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("coursework: gradebook: %w", err)
		}
	}()
	root, err := os.OpenRoot(course)
	if err != nil {
		return standings, err
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills the process where we leave early
	cmd, said, err := pythonCommand(ctx, course, "speedup_gradebook")
	if err != nil {
		return standings, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return standings, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return standings, err
	}
	if err := cmd.Start(); err != nil {
		return standings, err
	}
	send, answers := json.NewEncoder(in), bufio.NewScanner(out)
	answers.Buffer(nil, 1<<20)
	var failed []error
	for _, r := range results {
		if send.Encode(readIntake(root, r)) != nil || !answers.Scan() {
			if err := answers.Err(); err != nil { // the process waits for us to read on
				cancel()
				cmd.Wait()
				return standings, fmt.Errorf("read what the Python process says of %s: %w", r.Student, err)
			}
			err := cmd.Wait()
			if err == nil {
				err = errors.New("the Python process ended early")
			}
			return standings, failure(ctx, err, said)
		}
		var answer struct {
			Standing
			Error string `json:"error"`
		}
		if err := json.Unmarshal(answers.Bytes(), &answer); err != nil {
			cancel()
			cmd.Wait()
			return standings, fmt.Errorf("the Python process answered %.100q: %w", answers.Bytes(), err)
		}
		if answer.Error != "" {
			failed = append(failed, fmt.Errorf("%s, %s: %s", r.Student, r.Assignment, Clean(answer.Error)))
			continue
		}
		standings[r.Student] = answer.Standing
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return standings, failure(ctx, err, said)
	}
	return standings, errors.Join(failed...)
}

// readIntake reads what was handed in, with the care with which it was graded.
// What can't be read isn't sent: nbgrader gets the released notebook instead.
func readIntake(root *os.Root, r Result) intake {
	in := intake{Result: r, Notebooks: map[string]string{}, Files: map[string]string{}}
	folder := filepath.Join("submitted", r.Student, r.Assignment)
	read := func(name string, to map[string]string, key string) {
		if text, err := openPlain(root, filepath.Join(folder, name)); err == nil {
			to[key] = string(text)
		}
	}
	for _, n := range r.Notebooks {
		if !broken(n.Problems) {
			read(n.Name+".ipynb", in.Notebooks, n.Name)
		}
	}
	for _, name := range []string{"timestamp.txt", "submission_secret.txt"} {
		read(name, in.Files, name)
	}
	return in
}

func broken(problems []Problem) bool {
	for _, p := range problems {
		if p.Kind == Broken {
			return true
		}
	}
	return false
}
