package coursework

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// VerifyOptions say how an assignment is verified. The zero value is good.
type VerifyOptions struct {
	Times    int  // how often the reference solution is run; 0 is once
	Parallel int  // programs at the same time; 0 is one for each processor, at most 8
	Unsafe   bool // without a sandbox
}

// Verified is what was found for one answer whose outcome is known.
type Verified struct {
	Notebook string `json:"notebook"`
	Exercise string `json:"exercise"`
	Answer   string `json:"answer"` // "reference", "stub" or a mutant's name
	OK       bool   `json:"ok"`
	Why      string `json:"why,omitempty"` // what isn't as it should be, or how the mutant was caught
}

// Verify holds an assignment's tests against answers with a known outcome: the
// reference solution passes all of them, each time; the stub passes none; and
// every mutant, a wrong answer in mutants/ASSIGNMENT/NOTEBOOK/EXERCISE/NAME.go.txt,
// fails those that are meant for it.
func Verify(ctx context.Context, c *Course, name string, o VerifyOptions) ([]Verified, error) {
	a, err := c.Assignment(name)
	if err != nil {
		return nil, err
	}
	checkout, err := FindCheckout(c.Dir)
	if err != nil {
		return nil, err
	}
	b, err := newBench(ctx, checkout, a.Sheets, o.Unsafe)
	if err != nil {
		return nil, err
	}
	b.author = true
	v := &verification{bench: b}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(GradeOptions{Parallel: o.Parallel}.parallel())
	for _, s := range a.Sheets {
		if err := s.checkPoints(); err != nil {
			return nil, fmt.Errorf("coursework: %s: %s: %w", name, s.Name, err)
		}
		rounds := [][]candidate{{}, {}}
		for _, e := range s.Exercises {
			mutants, err := readMutants(filepath.Join(c.Dir, "mutants", name, s.Name, e.Name), e)
			if err != nil {
				return nil, err
			}
			stubs := make([]Code, len(e.Answers))
			for i, a := range e.Answers {
				stubs[i] = stub(a)
			}
			rounds[0] = append(rounds[0], candidate{exercise: e, name: reference, answers: e.Answers})
			rounds[1] = append(rounds[1], candidate{exercise: e, name: stubName, answers: stubs})
			for i, m := range mutants {
				for len(rounds) < i+3 {
					rounds = append(rounds, nil)
				}
				rounds[i+2] = append(rounds[i+2], m)
			}
		}
		for i, round := range rounds {
			times := 1
			if i == 0 {
				times = max(o.Times, 1)
			}
			group.Go(func() error { return v.round(inner, s.Name, round, times) })
		}
	}
	err = group.Wait()
	slices.SortStableFunc(v.found, func(a, b Verified) int {
		return strings.Compare(a.Notebook+"\x00"+a.Exercise, b.Notebook+"\x00"+b.Exercise)
	})
	return v.found, err
}

const (
	reference = "reference"
	stubName  = "stub"
)

// candidate is an answer whose outcome is known.
type candidate struct {
	exercise *Exercise
	name     string
	answers  []Code
	fails    []string // of a mutant: the tests that are meant for it
}

type verification struct {
	bench *bench
	mu    sync.Mutex
	found []Verified
}

// round tries one answer of each exercise, in one program.
func (v *verification) round(ctx context.Context, notebook string, round []candidate, times int) error {
	var exercises []*Exercise
	var answers [][]Code
	for _, c := range round {
		exercises = append(exercises, c.exercise)
		answers = append(answers, c.answers)
	}
	verdicts := make([]Verified, len(round))
	run := 0
	err := v.bench.again(ctx, exercises, answers, times, func(results []ExerciseResult) {
		run++
		for i, c := range round {
			if run > 1 && !verdicts[i].OK {
				continue
			}
			verdicts[i] = c.judge(results[i])
			verdicts[i].Notebook = notebook
			if !verdicts[i].OK && times > 1 {
				verdicts[i].Why += fmt.Sprintf(" (run %d of %d)", run, times)
			}
		}
	})
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.found = append(v.found, verdicts...)
	return nil
}

// judge says whether a result is what it should be.
func (c candidate) judge(r ExerciseResult) Verified {
	v := Verified{Exercise: c.exercise.Name, Answer: c.name, OK: true}
	wrong := func(format string, args ...any) {
		if v.OK {
			v.OK, v.Why = false, fmt.Sprintf(format, args...)
		}
	}
	for _, p := range r.Problems {
		if p.Kind != Note {
			wrong("%s: %s line %d: %s", p.Kind, p.Cell, p.Line, p.Text)
		}
	}
	var caught []string
	for _, t := range r.Tests {
		message := strings.Join(t.Messages, "; ")
		switch {
		case c.name == reference && t.Status != Passed:
			wrong("%s %s: %s", t.Name, t.Status, message)
		case c.name == stubName && t.Status == Passed:
			wrong("%s passes for the stub, which does nothing", t.Name)
		case slices.Contains(c.fails, t.Name) && t.Status == Passed:
			wrong("%s is meant to fail and passes", t.Name)
		case slices.Contains(c.fails, t.Name):
			caught = append(caught, fmt.Sprintf("%s %s: %s", t.Name, t.Status, message))
		}
	}
	if v.OK {
		v.Why = strings.Join(caught, "; ")
	}
	return v
}

// mutantExt ends the names of mutants: they are cells, not files of a package, and
// go vet and gofmt are to leave them alone.
const mutantExt = ".go.txt"

// fails is the line of a mutant's comment that names the tests meant for it.
var fails = regexp.MustCompile(`(?m)^//\s*Fails:\s*(.+?)\s*$`)

// readMutants reads the wrong answers to an exercise. There may be none.
func readMutants(dir string, e *Exercise) (mutants []candidate, err error) {
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*"+mutantExt))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	slices.Sort(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("coursework: %w", err)
		}
		m := candidate{exercise: e, name: strings.TrimSuffix(filepath.Base(file), mutantExt), answers: make([]Code, len(e.Answers))}
		for i, a := range e.Answers {
			m.answers[i].Cell = a.Cell
		}
		m.answers[0].Text = string(text)
		for _, line := range fails.FindAllStringSubmatch(string(text), -1) {
			for test := range strings.SplitSeq(line[1], ",") {
				m.fails = append(m.fails, strings.TrimSpace(test))
			}
		}
		if len(m.fails) == 0 {
			return nil, fmt.Errorf("coursework: %s: it has no line \"// Fails: TestName\"", file)
		}
		for _, test := range m.fails {
			if !slices.ContainsFunc(e.Cases, func(c Case) bool { return c.Name == test }) {
				return nil, fmt.Errorf("coursework: %s: %s is no test of %s", file, test, e.Name)
			}
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}
