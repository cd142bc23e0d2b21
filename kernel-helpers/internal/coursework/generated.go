package coursework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
	"example.com/speedup/kernel-helpers/internal/coursework/mutate"
)

// ExcusesFile names the file, beside an exercise's mutants, of generated mutants that
// no test can catch, because they are right. A line that isn't indented names one;
// the indented lines below it say why it is right.
const ExcusesFile = "equivalent.txt"

// Generated is the outcome of the mutants that were generated from the reference
// solutions of an assignment.
type Generated struct {
	Caught    int           `json:"caught"`
	Excused   int           `json:"excused"` // survived, and an [ExcusesFile] says why
	Invalid   int           `json:"invalid"` // did not compile
	Survivors []Survivor    `json:"survivors"`
	Stale     []string      `json:"stale"` // excuses for mutants that were caught or don't exist
	Took      time.Duration `json:"took"`
}

// Survivor is a generated mutant that passed all tests.
type Survivor struct {
	Notebook string `json:"notebook"`
	Exercise string `json:"exercise"`
	Name     string `json:"name"`
	Cell     string `json:"cell"`
	Line     int    `json:"line"`
	Text     string `json:"text"` // the line with the mistake
}

// batchSize is how many mutants share a test program, which takes about a second to
// link.
const batchSize = 24

// tries is how often a mutant is run that passed: what goes wrong may be up to the
// scheduler.
const tries = 3

// Generate makes mutants of an assignment's reference solutions and runs its tests on
// them. Only the exercises named are mutated; none means all. progress, if set, is
// called with how many are done.
func (c *Course) Generate(ctx context.Context, assignment string, exercises []string, o VerifyOptions, progress func(done, total int)) (*Generated, error) {
	began := time.Now()
	a, err := c.Assignment(assignment)
	if err != nil {
		return nil, err
	}
	root, err := checkout.Find(c.Dir)
	if err != nil {
		return nil, err
	}
	g, err := grader.New(ctx, root, a.Notebooks, grader.Options{Unsafe: o.Unsafe, Author: true, FirstFailure: true})
	if err != nil {
		return nil, err
	}
	run := &generation{grader: g, progress: progress, parallel: parallel(o.Parallel), result: &Generated{}}
	excuses := map[string]string{}
	for _, nb := range a.Notebooks {
		for _, e := range nb.Exercises {
			if len(exercises) > 0 && !slices.Contains(exercises, e.Name) {
				continue
			}
			known, err := readExcuses(filepath.Join(c.Dir, "mutants", assignment, nb.Name, e.Name, ExcusesFile))
			if err != nil {
				return nil, err
			}
			for name, why := range known {
				excuses[e.Name+"/"+name] = why
			}
			more, err := mutantsOf(nb.Name, e)
			if err != nil {
				return nil, fmt.Errorf("mutants of %s: %w", e.Name, err)
			}
			run.waiting = append(run.waiting, more...)
		}
	}
	if err := run.all(ctx); err != nil {
		return nil, err
	}
	for _, m := range run.survived {
		key := m.Exercise + "/" + m.Name
		if _, excused := excuses[key]; excused {
			run.result.Excused++
			delete(excuses, key)
			continue
		}
		run.result.Survivors = append(run.result.Survivors, m.Survivor)
	}
	for key := range excuses {
		run.result.Stale = append(run.result.Stale, key)
	}
	slices.Sort(run.result.Stale)
	slices.SortFunc(run.result.Survivors, func(a, b Survivor) int {
		return cmp.Or(strings.Compare(a.Exercise, b.Exercise), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name))
	})
	run.result.Took = time.Since(began)
	return run.result, nil
}

// generatedMutant is an exercise of its own, so that many can share a program.
type generatedMutant struct {
	Survivor
	exercise *course.Exercise
	answers  []course.Code
}

// mutantsOf returns the mutants of an exercise's reference solution.
func mutantsOf(notebook string, e *course.Exercise) (all []*generatedMutant, err error) {
	for i, cell := range e.Answers {
		text, _ := cell.Go()
		if _, _, err := cell.Parse(parser.SkipObjectResolution); err != nil {
			return nil, err
		}
		mutants, err := mutate.Mutants(text, cell.SolutionLines())
		if err != nil {
			return nil, err
		}
		for _, m := range mutants {
			clone := *e
			clone.Name = fmt.Sprintf("%s.%d", e.Name, len(all)+1)
			answers := slices.Clone(e.Answers)
			answers[i] = course.Code{Cell: cell.Cell, Text: m.Text}
			line := strings.TrimSpace(strings.Split(m.Text, "\n")[m.Line-1])
			all = append(all, &generatedMutant{
				Survivor: Survivor{Notebook: notebook, Exercise: e.Name, Name: m.Name, Cell: cell.Cell, Line: m.Line, Text: line},
				exercise: &clone, answers: answers,
			})
		}
	}
	return all, nil
}

// readExcuses reads an [ExcusesFile], which need not exist.
func readExcuses(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	excuses := map[string]string{}
	name := ""
	for line := range strings.Lines(string(text)) {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "" || trimmed[0] == '#':
		case line[0] != ' ' && line[0] != '\t':
			name = trimmed
			excuses[name] = ""
		case name == "":
			return nil, fmt.Errorf("%s: a reason without a mutant before it: %s", file, trimmed)
		default:
			excuses[name] = strings.TrimSpace(excuses[name] + " " + trimmed)
		}
	}
	for name, why := range excuses {
		if why == "" {
			return nil, fmt.Errorf("%s: %s has no reason: write below it, indented, why it is right", file, name)
		}
	}
	return excuses, nil
}

// generation is a run of Generate.
type generation struct {
	grader   *grader.Grader
	progress func(done, total int)
	parallel int
	waiting  []*generatedMutant

	mu       sync.Mutex
	done     int
	result   *Generated
	survived []*generatedMutant
}

// all runs all mutants, and those that pass again.
func (g *generation) all(ctx context.Context) error {
	total := len(g.waiting)
	// Neighbours fail alike, and slow ones should not share a program.
	batches := make([][]*generatedMutant, (total+batchSize-1)/batchSize)
	for i, m := range g.waiting {
		batches[i%len(batches)] = append(batches[i%len(batches)], m)
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(g.parallel)
	for _, batch := range batches {
		group.Go(func() error {
			for try := 0; try < tries && len(batch) > 0; try++ {
				passed, err := g.run(inner, batch, try == 0)
				if err != nil {
					return err
				}
				batch = passed
				if try == 0 && g.progress != nil {
					g.mu.Lock()
					g.progress(g.done, total)
					g.mu.Unlock()
				}
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			g.survived = append(g.survived, batch...)
			return nil
		})
	}
	return group.Wait()
}

// run runs a batch and returns those that passed.
func (g *generation) run(ctx context.Context, batch []*generatedMutant, first bool) (passed []*generatedMutant, err error) {
	var exercises []*course.Exercise
	var answers [][]course.Code
	for _, m := range batch {
		exercises, answers = append(exercises, m.exercise), append(answers, m.answers)
	}
	err = g.grader.Repeat(ctx, exercises, answers, 1, func(results []course.ExerciseResult) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if first {
			g.done += len(batch)
		}
		for i, r := range results {
			refused := slices.ContainsFunc(r.Problems, func(p course.Problem) bool { return p.Kind == course.Compile || p.Kind == course.Refused })
			switch {
			case refused:
				g.result.Invalid++
			case r.Score == r.MaxScore:
				passed = append(passed, batch[i])
			default:
				g.result.Caught++
			}
		}
	})
	return passed, err
}
