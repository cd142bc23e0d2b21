package coursework

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// bench grades the answers to exercises: it is what grading, checking and
// verifying have in common. Safe for concurrent use.
type bench struct {
	kit     *kit
	sandbox *sandbox
	inside  int  // exercises of one submission that are compiled at once
	author  bool // reads the results: the messages of hidden tests tell all

	// For tests of this package: the sandbox without the rules before it, and
	// less time to wait for.
	noRules             bool
	startTime, testTime time.Duration

	mu    sync.Mutex
	known map[string]ExerciseResult // by answers: equal answers have equal results, by themselves
}

// newBench prepares for grading, with a sandbox unless unsafe, and always with
// the race detector.
func newBench(ctx context.Context, checkout string, sheets []*Sheet, unsafe bool) (*bench, error) {
	s, err := newSandbox(ctx, unsafe)
	if err != nil {
		return nil, err
	}
	if !canRace(ctx, checkout) {
		return nil, fmt.Errorf("coursework: grading needs the race detector, which needs a C compiler: install one (Debian and Ubuntu: apt-get install gcc libc6-dev)")
	}
	k, err := newKit(ctx, checkout, importsOfSheets(sheets), true)
	if err != nil {
		return nil, err
	}
	return &bench{kit: k, sandbox: s, inside: 1, known: map[string]ExerciseResult{}}, nil
}

// importsOfSheets are the packages that the courses' own cells import.
func importsOfSheets(sheets []*Sheet) (paths []string) {
	for _, s := range sheets {
		for _, e := range s.Exercises {
			paths = append(paths, importsOf(e.Tests)...)
			for _, c := range e.Shared {
				paths = append(paths, importsOf(c)...)
			}
		}
	}
	return paths
}

// work is one exercise to be graded.
type work struct {
	exercise *Exercise
	answers  []Code
	key      string
	result   ExerciseResult
	compiled bool
}

// grade grades answers, which belong to exercises one by one. An error means
// that the grader itself couldn't; all that an answer does wrong is in the
// results. slow, if set, is called when a test has run out of time.
func (b *bench) grade(ctx context.Context, exercises []*Exercise, answers [][]Code, slow func(context.Context) error) (results []ExerciseResult, err error) {
	all := make([]*work, len(exercises))
	var todo []*work
	for i, e := range exercises {
		w := &work{exercise: e, answers: answers[i], key: keyOf(e, answers[i])}
		all[i] = w
		b.mu.Lock()
		known, ok := b.known[w.key]
		b.mu.Unlock()
		if w.result = known; !ok {
			w.result = blankResult(e)
			todo = append(todo, w)
		}
	}
	if len(todo) > 0 {
		if err := b.gradeNew(ctx, todo, slow, 1, func() {}); err != nil {
			return nil, err
		}
		b.mu.Lock()
		for _, w := range todo {
			// What failed may have failed of another answer in the same program,
			// which nobody else's equal answer is to suffer for.
			if w.result.Score == w.result.MaxScore || !w.compiled || len(todo) == 1 {
				b.known[w.key] = w.result
			}
		}
		b.mu.Unlock()
	}
	for _, w := range all {
		results = append(results, w.result)
	}
	return results, nil
}

// again builds answers anew, whatever is known of them, runs their tests so many
// times, and hands the results of each run to seen.
func (b *bench) again(ctx context.Context, exercises []*Exercise, answers [][]Code, times int, seen func([]ExerciseResult)) error {
	var todo []*work
	for i, e := range exercises {
		todo = append(todo, &work{exercise: e, answers: answers[i], result: blankResult(e)})
	}
	return b.gradeNew(ctx, todo, nil, times, func() {
		var results []ExerciseResult
		for _, w := range todo {
			results = append(results, w.result)
		}
		seen(results)
	})
}

func keyOf(e *Exercise, answers []Code) string {
	text, err := json.Marshal([]any{e.Name, e.Shared, e.Tests, e.Forbid, answers})
	if err != nil {
		panic(err) // strings always can be
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// blankResult has every test of an exercise, not run.
func blankResult(e *Exercise) ExerciseResult {
	r := ExerciseResult{Name: e.Name, Cell: e.Tests.Cell}
	for _, c := range e.Cases {
		r.MaxScore += c.Points
		r.Tests = append(r.Tests, TestResult{Name: c.Name, Asks: c.Asks, Hidden: c.Hidden, MaxPoints: c.Points, Status: NotRun})
	}
	return r
}

// gradeNew compiles answers, runs their tests so many times, and calls ran after
// each run, when the results are there.
func (b *bench) gradeNew(ctx context.Context, todo []*work, slow func(context.Context) error, times int, ran func()) error {
	dir, err := privateFolder(b.sandbox.base)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &program{dir: dir, kit: b.kit, sandbox: b.sandbox, noRules: b.noRules, slow: slow,
		startTime: cmp.Or(b.startTime, startTime), testTime: cmp.Or(b.testTime, testTime)}
	for _, w := range todo {
		for _, c := range w.exercise.Cases {
			if c.Hidden && !b.author {
				p.hidden = append(p.hidden, testName(w.exercise, c))
			}
		}
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(b.inside, 1))
	for _, w := range todo {
		group.Go(func() error {
			problems, compiled, err := p.compile(inner, w.exercise, w.answers)
			w.compiled = compiled
			w.result.Problems = append(dropped(w.answers), problems...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var ready []*work
	for _, w := range todo {
		if w.compiled {
			ready = append(ready, w)
		}
	}
	return b.run(ctx, p, ready, times, ran)
}

// run runs the tests of exercises in one program, or if that can't begin, in a
// program each: then one of them is to blame.
func (b *bench) run(ctx context.Context, p *program, ready []*work, times int, ran func()) error {
	if len(ready) == 0 {
		ran()
		return nil
	}
	var names, tests []string
	for _, w := range ready {
		names = append(names, w.exercise.Name)
		for _, c := range w.exercise.Cases {
			tests = append(tests, testName(w.exercise, c))
		}
	}
	file, err := p.link(ctx, names...)
	switch {
	case errors.Is(err, errTooLarge) && len(ready) > 1:
		for _, w := range ready {
			if err := b.run(ctx, p, []*work{w}, times, func() {}); err != nil {
				return err
			}
		}
		ran()
		return nil
	case errors.Is(err, errTooLarge):
		w := ready[0]
		w.result.Problems = append(w.result.Problems, Problem{Kind: Refused, Cell: w.exercise.Name, Text: "this answer takes more time to link, or its variables more memory, than any answer needs"})
		ran()
		return nil
	case err != nil:
		return err
	}
	for range times {
		outcomes, err := p.runTests(ctx, file, tests)
		start, isStart := errors.AsType[*errStart](err)
		switch {
		case isStart && len(ready) > 1:
			for _, w := range ready {
				if err := b.run(ctx, p, []*work{w}, 1, func() {}); err != nil {
					return err
				}
			}
			ran()
			continue
		case isStart:
			outcomes = map[string]outcome{}
			for _, name := range tests {
				outcomes[name] = outcome{status: start.reason, printed: start.printed, exit: start.Error()}
			}
		case err != nil:
			return err
		}
		for _, w := range ready {
			w.take(outcomes)
		}
		ran()
	}
	return nil
}

// mostKept is how much of what an answer prints is kept with its result.
const mostKept = 8000 // bytes

// take puts the outcomes of an exercise's tests into its result.
func (w *work) take(outcomes map[string]outcome) {
	w.result.Tests, w.result.Score = nil, 0
	var printed string
	for _, c := range w.exercise.Cases {
		o := outcomes[testName(w.exercise, c)]
		t := o.result(w.exercise, c)
		w.result.Score += t.Points
		w.result.Tests = append(w.result.Tests, t)
		if !c.Hidden {
			printed += raceBlock.ReplaceAllString(o.printed, "")
		}
	}
	w.result.Output = limit(printed, mostKept)
}

// dropped notes the special commands of answers: the first ones, and how many
// more there are.
func dropped(answers []Code) (notes []Problem) {
	for _, a := range answers {
		_, lines := plainGo(a.Text)
		for _, line := range lines[:min(len(lines), mostProblems)] {
			notes = append(notes, Problem{Kind: Note, Cell: a.Cell, Text: fmt.Sprintf("the special command %q was left out: there is no kernel when grading", limit(line, 60))})
		}
		if more := len(lines) - mostProblems; more > 0 {
			notes = append(notes, Problem{Kind: Note, Cell: a.Cell, Text: fmt.Sprintf("%d more special commands were left out", more)})
		}
	}
	return notes
}
