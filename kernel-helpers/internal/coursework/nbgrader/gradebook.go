package nbgrader

import (
	"bufio"
	"bytes"
	"cmp"
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
	Result    course.Result       `json:"result"`
	Notebooks map[string]string   `json:"notebooks"` // by name, without the ones that can't be read
	Checks    map[string][]string `json:"checks"`    // by notebook: the cells that a person has to look at
	Files     map[string]string   `json:"files"`     // what nbgrader keeps beside them, by name
}

// WriteGradebook puts results into nbgrader's gradebook.db and autograded/, as
// `nbgrader autograde` would, for the formgrader and everything after it. A result
// that is already there is left alone, and so is what a person graded since. It
// returns what the gradebook then says, by student.
//
// nbgrader gets notebooks that [course.Submitted.Rebuild] made of the course's own:
// nothing that runs in a teacher's browser, and nothing that nbgrader refuses, comes
// from a student.
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
	orders, err := cmd.StdinPipe()
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
	send, answers := json.NewEncoder(orders), bufio.NewScanner(out)
	answers.Buffer(nil, 1<<20)
	var failed []error
	for _, r := range results {
		in, unread := readIntake(root, r) // without a notebook, the process answers with an error
		if send.Encode(in) != nil || !answers.Scan() {
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
		if unread != nil {
			failed = append(failed, fmt.Errorf("%s, %s: %w", r.Student, r.Assignment, unread))
			continue
		}
		if answer.Error != "" {
			failed = append(failed, fmt.Errorf("%s, %s: %s", r.Student, r.Assignment, untrusted.Clean(answer.Error)))
			continue
		}
		standings[r.Student] = answer.Standing
	}
	orders.Close()
	if err := cmd.Wait(); err != nil {
		return standings, explain(ctx, err, errs)
	}
	return standings, errors.Join(failed...)
}

// readIntake reads what was handed in, as carefully as when it was graded, and
// makes notebooks of it for nbgrader. In place of one that can't be read, nbgrader
// gets the course's.
func readIntake(root *os.Root, r course.Result) (intake, error) {
	in := intake{Result: r, Notebooks: map[string]string{}, Checks: map[string][]string{}, Files: map[string]string{}}
	if r.Absent {
		return in, nil
	}
	folder := filepath.Join("submitted", cmp.Or(r.SubmittedBy, r.Student), r.Assignment)
	for _, n := range r.Notebooks {
		nb, err := course.ReadNotebook(filepath.Join(root.Name(), "source", r.Assignment, n.Name+".ipynb"))
		if errors.Is(err, os.ErrNotExist) {
			continue // the process says so if it needs the notebook
		}
		if err != nil {
			return in, err
		}
		text, submitted, err := rebuild(root, folder, nb)
		if err != nil {
			return in, err
		}
		in.Notebooks[n.Name] = string(text)
		in.Checks[n.Name] = checked(n, submitted)
	}
	for _, name := range course.ExchangeFiles {
		if r.SubmittedBy != "" && name != course.TimestampFile {
			continue // another student's secret
		}
		if text, err := course.ReadPlain(root, filepath.Join(folder, name)); err == nil {
			in.Files[name] = string(text)
		}
	}
	return in, nil
}

// rebuild returns a student's notebook as nbgrader gets it.
func rebuild(root *os.Root, folder string, nb *course.Notebook) ([]byte, *course.Submitted, error) {
	submitted := nb.Released()
	if text, err := course.ReadPlain(root, filepath.Join(folder, nb.Name+".ipynb")); err == nil {
		if read, err := course.ParseSubmitted(text, nb); err == nil {
			submitted = read
		}
	}
	text, err := submitted.Rebuild(nb)
	return text, submitted, err
}

// checked returns the graded cells of a notebook that a person has to look at: for
// an answer in code, its test cell.
func checked(n course.NotebookResult, s *course.Submitted) []string {
	cells := append([]string{}, s.Checks...)
	for _, e := range n.Exercises {
		if e.Check || slices.ContainsFunc(e.Answer, func(a course.AnswerCell) bool { return slices.Contains(s.Checks, a.Cell) }) {
			cells = append(cells, e.Cell)
		}
	}
	return cells
}

// Rebuild returns one notebook of a submission as nbgrader gets it: see
// [WriteGradebook].
func Rebuild(dir, assignment, student, name string) ([]byte, error) {
	for _, part := range []string{assignment, student, name} {
		if err := course.CheckName(part); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	nb, err := course.ReadNotebook(filepath.Join(dir, "source", assignment, name+".ipynb"))
	if err != nil {
		return nil, err
	}
	text, _, err := rebuild(root, filepath.Join("submitted", student, assignment), nb)
	return text, err
}

// RemoveStudents removes students from nbgrader's gradebook, with all that a person
// graded. It returns what the gradebook said about them, by student and assignment.
func RemoveStudents(ctx context.Context, dir string, students []string) (kept map[string]map[string]course.Standing, err error) {
	cmd, errs, err := pythonCommand(ctx, dir, "speedup_gradebook")
	if err != nil {
		return nil, fmt.Errorf("gradebook: %w", err)
	}
	var orders bytes.Buffer
	for _, student := range students {
		if err := json.NewEncoder(&orders).Encode(map[string]string{"remove": student}); err != nil {
			return nil, err
		}
	}
	cmd.Stdin = &orders
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("gradebook: remove students: %w", explain(ctx, err, errs))
	}
	kept = map[string]map[string]course.Standing{}
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, student := range students {
		var answer struct {
			Removed map[string]course.Standing `json:"removed"`
			Error   string                     `json:"error"`
		}
		if err := answers.Decode(&answer); err != nil {
			return kept, fmt.Errorf("gradebook: remove %s: %w", student, err)
		}
		if answer.Error != "" {
			return kept, fmt.Errorf("gradebook: remove %s: %s", student, untrusted.Clean(answer.Error))
		}
		kept[student] = answer.Removed
	}
	return kept, nil
}
