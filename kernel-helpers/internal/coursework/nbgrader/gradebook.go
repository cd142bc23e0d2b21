package nbgrader

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// intake is a submission as the Python process reads it, from a line of JSON.
type intake struct {
	Result    course.Result     `json:"result"`
	Notebooks map[string]string `json:"notebooks"` // by name, without the ones that can't be read
	Files     map[string]string `json:"files"`     // what nbgrader keeps beside them, by name
}

// WriteGradebook puts results into nbgrader's gradebook.db and autograded/, as
// `nbgrader autograde` would, for the formgrader and everything after it. A result
// that is already there is left alone, and so is what a person graded since. It
// returns what the gradebook then says, by student.
//
// One process takes all results, in 0.1 to 0.2 s each. A result that can't be
// written doesn't stop the others; the error names it.
func WriteGradebook(ctx context.Context, dir string, results []course.Result) (standings map[string]course.Standing, err error) {
	standings = map[string]course.Standing{}
	if len(results) == 0 {
		return standings, nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("gradebook: %w", err)
		}
	}()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return standings, err
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills the process on an early return
	cmd, errs, err := pythonCommand(ctx, dir, "speedup_gradebook")
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
				return standings, fmt.Errorf("read the Python process's answer about %s: %w", r.Student, err)
			}
			err := cmd.Wait()
			if err == nil {
				err = errors.New("the Python process ended early")
			}
			return standings, explain(ctx, err, errs)
		}
		var answer struct {
			course.Standing
			Error string `json:"error"`
		}
		if err := json.Unmarshal(answers.Bytes(), &answer); err != nil {
			cancel()
			cmd.Wait()
			return standings, fmt.Errorf("the Python process answered %.100q: %w", answers.Bytes(), err)
		}
		if answer.Error != "" {
			failed = append(failed, fmt.Errorf("%s, %s: %s", r.Student, r.Assignment, untrusted.Clean(answer.Error)))
			continue
		}
		standings[r.Student] = answer.Standing
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return standings, explain(ctx, err, errs)
	}
	return standings, errors.Join(failed...)
}

// readIntake reads what was handed in, as carefully as when it was graded. A
// notebook that can't be read isn't sent: nbgrader gets the released one instead.
func readIntake(root *os.Root, r course.Result) intake {
	in := intake{Result: r, Notebooks: map[string]string{}, Files: map[string]string{}}
	folder := filepath.Join("submitted", r.Student, r.Assignment)
	read := func(name string, to map[string]string, key string) {
		if text, err := course.ReadPlain(root, filepath.Join(folder, name)); err == nil {
			to[key] = string(text)
		}
	}
	for _, n := range r.Notebooks {
		if !slices.ContainsFunc(n.Problems, func(p course.Problem) bool { return p.Kind == course.Broken }) {
			read(n.Name+".ipynb", in.Notebooks, n.Name)
		}
	}
	for _, name := range course.ExchangeFiles {
		read(name, in.Files, name)
	}
	return in
}
