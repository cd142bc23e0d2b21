package grader

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// references runs the tests with the reference solutions, once for each exercise,
// and keeps what they observed. It chooses the tests' inputs, anew in each run of
// the grader.
type references struct {
	kit       *compile.Kit
	sandbox   *sandbox.Sandbox
	startTime time.Duration
	secret    string // that the seeds are made of

	mu    sync.Mutex // held while solutions run
	known map[string]map[string]*expectation
}

func newReferences(k *compile.Kit, s *sandbox.Sandbox, startTime time.Duration) *references {
	return &references{kit: k, sandbox: s, startTime: startTime, secret: rand.Text(), known: map[string]map[string]*expectation{}}
}

// seed returns the seed of a test's inputs.
func (r *references) seed(test string) uint64 {
	sum := sha256.Sum256([]byte(r.secret + " " + test))
	return max(binary.NativeEndian.Uint64(sum[:]), 1)
}

// of returns what the tests of exercises should observe, by test.
func (r *references) of(ctx context.Context, exercises []*course.Exercise) (map[string]*expectation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]*expectation{}
	var todo []*work
	keys := map[string]string{}
	for _, e := range exercises {
		key, err := keyOf(e, e.Answers)
		if err != nil {
			return nil, err
		}
		keys[e.Name] = key
		if r.known[key] == nil {
			todo = append(todo, &work{exercise: e, answers: e.Answers, result: BlankResult(e)})
		}
	}
	if len(todo) > 0 {
		found, err := r.run(ctx, todo)
		if err != nil {
			return nil, fmt.Errorf("run the reference solutions: %w", err)
		}
		for _, w := range todo {
			r.known[keys[w.exercise.Name]] = found[w.exercise.Name]
		}
	}
	for _, e := range exercises {
		for test, x := range r.known[keys[e.Name]] {
			all[test] = x
		}
	}
	return all, nil
}

// run runs the tests of exercises with the reference solutions. It returns what
// should be observed, by exercise and test.
func (r *references) run(ctx context.Context, todo []*work) (map[string]map[string]*expectation, error) {
	workspace, err := r.sandbox.NewWorkspace()
	if err != nil {
		return nil, err
	}
	defer workspace.Remove()
	b := &builder{workspace: workspace, kit: r.kit}
	run := &runner{workspace: workspace, author: true, seed: r.seed, budget: fullBudget, left: fullBudget,
		startTime: r.startTime, testTime: testTime}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(2)
	failed := make([]string, len(todo))
	for i, w := range todo {
		group.Go(func() error {
			problems, compiled, err := b.compile(inner, w.exercise, w.answers)
			w.compiled = compiled
			if !compiled {
				failed[i] = "it doesn't compile"
				for _, p := range problems {
					failed[i] += fmt.Sprintf("; %s line %d: %s", p.Cell, p.Line, p.Text)
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var names, tests []string
	for _, w := range todo {
		if w.compiled {
			names = append(names, w.exercise.Name)
			for _, c := range w.exercise.Cases {
				tests = append(tests, testName(w.exercise, c))
			}
		}
	}
	outcomes := map[string]outcome{}
	why := ""
	if len(names) > 0 {
		file, err := b.link(ctx, names...)
		if err == nil {
			outcomes, err = run.runTests(ctx, file, tests)
		}
		if _, crashed := errors.AsType[*startError](err); crashed || errors.Is(err, errTooLarge) {
			why = err.Error()
		} else if err != nil {
			return nil, err
		}
	}
	found := map[string]map[string]*expectation{}
	for i, w := range todo {
		found[w.exercise.Name] = map[string]*expectation{}
		for _, c := range w.exercise.Cases {
			o := outcomes[testName(w.exercise, c)]
			x := newExpectation(o.observed)
			if x.failed = cmp.Or(failed[i], why); x.failed == "" && o.status != course.Passed {
				x.failed = explain(o)
			}
			found[w.exercise.Name][testName(w.exercise, c)] = x
		}
	}
	return found, nil
}
