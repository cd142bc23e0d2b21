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

// WriteGradebook puts results into nbgrader's gradebook.db and autograded/, as
// `nbgrader autograde` would, for the formgrader and all that comes after it.
// A result that is there already is left as it is, and with it what was graded
// by hand since. One process takes them all, at about 0.1 s each.
//
// What can't be taken in doesn't stop the others; the error names it.
func WriteGradebook(ctx context.Context, course string, results []Result) (err error) {
	if len(results) == 0 {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("coursework: gradebook: %w", err)
		}
	}()
	root, err := os.OpenRoot(course)
	if err != nil {
		return err
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills the process where we leave early
	cmd, said, err := pythonCommand(ctx, course, "speedup_gradebook")
	if err != nil {
		return err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	send, answers := json.NewEncoder(in), bufio.NewScanner(out)
	answers.Buffer(nil, 1<<20)
	var failed []error
	for _, r := range results {
		if send.Encode(readIntake(root, r)) != nil || !answers.Scan() {
			err := cmd.Wait()
			if err == nil {
				err = errors.New("the Python process ended early")
			}
			return failure(ctx, err, said)
		}
		var wrong *string
		if err := json.Unmarshal(answers.Bytes(), &wrong); err != nil {
			cancel()
			cmd.Wait()
			return fmt.Errorf("the Python process answered %.100q: %w", answers.Bytes(), err)
		}
		if wrong != nil {
			failed = append(failed, fmt.Errorf("%s, %s: %s", r.Student, r.Assignment, clean(*wrong)))
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return failure(ctx, err, said)
	}
	return errors.Join(failed...)
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
