package coursework

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
)

// VerifyOptions say how an assignment is verified. The zero value is usable.
type VerifyOptions struct {
	Times    int  // how often the reference solution is run; 0 means once
	Parallel int  // programs at the same time; 0 means GOMAXPROCS, at most 8
	Unsafe   bool // without a sandbox
}

// VerifyResult is the outcome of [Course.Verify].
type VerifyResult struct {
	Answers []Verified // sorted by notebook and exercise
}

// Verified is the outcome of one answer that has to pass or to fail.
type Verified struct {
	Notebook   string `json:"notebook"`
	Exercise   string `json:"exercise"`
	Answer     string `json:"answer"` // "reference", "stub" or a mutant's name
	AsExpected bool   `json:"ok"`
	Why        string `json:"why,omitempty"` // what is wrong, or how a mutant was caught
}

const (
	referenceName = "reference"
	stubName      = "stub"
)

// IsMutant reports whether the answer is a mutant.
func (v Verified) IsMutant() bool { return v.Answer != referenceName && v.Answer != stubName }

// Passed reports whether every answer turned out as expected.
func (r *VerifyResult) Passed() bool {
	return !slices.ContainsFunc(r.Answers, func(v Verified) bool { return !v.AsExpected })
}

// Mutants returns how many mutants were caught, and how many there are.
func (r *VerifyResult) Mutants() (caught, total int) {
	for _, v := range r.Answers {
		if v.IsMutant() {
			total++
			if v.AsExpected {
				caught++
			}
		}
	}
	return caught, total
}

// Verify checks an assignment's tests with answers whose outcome is known. The
// reference solution passes all tests, each time; the stub passes none; every
// mutant fails the tests that should catch it.
func (c *Course) Verify(ctx context.Context, assignment string, o VerifyOptions) (*VerifyResult, error) {
	a, err := c.Assignment(assignment)
	if err != nil {
		return nil, err
	}
	if err := a.CheckPoints(); err != nil {
		return nil, fmt.Errorf("verify %s: %w", assignment, err)
	}
	root, err := checkout.Find(c.Dir)
	if err != nil {
		return nil, err
	}
	g, err := grader.New(ctx, root, a.Notebooks, grader.Options{Unsafe: o.Unsafe, Author: true})
	if err != nil {
		return nil, err
	}
	v := &verification{grader: g}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel(o.Parallel))
	for _, nb := range a.Notebooks {
		rounds, err := c.rounds(assignment, nb)
		if err != nil {
			return nil, err
		}
		for i, round := range rounds {
			times := 1
			if i == 0 {
				times = max(o.Times, 1)
			}
			group.Go(func() error { return v.round(inner, nb.Name, round, times) })
		}
	}
	err = group.Wait()
	slices.SortStableFunc(v.found, func(a, b Verified) int {
		return strings.Compare(a.Notebook+"\x00"+a.Exercise, b.Notebook+"\x00"+b.Exercise)
	})
	return &VerifyResult{v.found}, err
}

// candidate is an answer whose outcome is known.
type candidate struct {
	course.Mutant // or the reference solution or the stub, without Fails
	exercise      *course.Exercise
}

// rounds returns the candidates of a notebook. Each round has at most one answer
// to each exercise, so that one program can run it. The first round has the
// reference solutions.
func (c *Course) rounds(assignment string, nb *course.Notebook) ([][]candidate, error) {
	rounds := [][]candidate{{}, {}}
	for _, e := range nb.Exercises {
		mutants, err := course.ReadMutants(filepath.Join(c.Dir, "mutants", assignment, nb.Name, e.Name), e)
		if err != nil {
			return nil, err
		}
		stubs := make([]course.Code, len(e.Answers))
		for i, a := range e.Answers {
			stubs[i] = a.Stub()
		}
		rounds[0] = append(rounds[0], candidate{course.Mutant{Name: referenceName, Answers: e.Answers}, e})
		rounds[1] = append(rounds[1], candidate{course.Mutant{Name: stubName, Answers: stubs}, e})
		for i, m := range mutants {
			for len(rounds) < i+3 {
				rounds = append(rounds, nil)
			}
			rounds[i+2] = append(rounds[i+2], candidate{m, e})
		}
	}
	return rounds, nil
}

// verification is a run of Verify.
type verification struct {
	grader *grader.Grader
	mu     sync.Mutex
	found  []Verified
}

// round runs one answer to each exercise, in one program.
func (v *verification) round(ctx context.Context, notebook string, round []candidate, times int) error {
	var exercises []*course.Exercise
	var answers [][]course.Code
	for _, c := range round {
		exercises = append(exercises, c.exercise)
		answers = append(answers, c.Answers)
	}
	judged := make([]Verified, len(round))
	run := 0
	err := v.grader.Repeat(ctx, exercises, answers, times, func(results []course.ExerciseResult) {
		run++
		for i, c := range round {
			if run > 1 && !judged[i].AsExpected {
				continue
			}
			judged[i] = c.judge(results[i])
			judged[i].Notebook = notebook
			if !judged[i].AsExpected && times > 1 {
				judged[i].Why += fmt.Sprintf(" (run %d of %d)", run, times)
			}
		}
	})
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.found = append(v.found, judged...)
	return nil
}

// judge says whether a result is the expected one.
func (c candidate) judge(r course.ExerciseResult) Verified {
	v := Verified{Exercise: c.exercise.Name, Answer: c.Name, AsExpected: true}
	wrong := func(format string, args ...any) {
		if v.AsExpected {
			v.AsExpected, v.Why = false, fmt.Sprintf(format, args...)
		}
	}
	for _, p := range r.Problems {
		if p.Kind != course.Note {
			wrong("%s: %s line %d: %s", p.Kind, p.Cell, p.Line, p.Text)
		}
	}
	var caught []string
	for _, t := range r.Tests {
		message := strings.Join(t.Messages, "; ")
		switch {
		case c.Name == referenceName && t.Status != course.Passed:
			wrong("%s %s: %s", t.Name, t.Status, message)
		case c.Name == stubName && t.Status == course.Passed:
			wrong("%s passes for the stub, which does nothing", t.Name)
		case slices.Contains(c.Fails, t.Name) && t.Status == course.Passed:
			wrong("%s should fail and passes", t.Name)
		case slices.Contains(c.Fails, t.Name):
			caught = append(caught, fmt.Sprintf("%s %s: %s", t.Name, t.Status, message))
		}
	}
	if v.AsExpected {
		v.Why = strings.Join(caught, "; ")
	}
	return v
}
