package grader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Tasks are what this program does inside the sandbox. Programs that grade pass
// them to [sandbox.Main].
var Tasks = map[string]sandbox.Task{compile.TaskName: compile.Task}

// Options say how answers are graded.
type Options struct {
	Unsafe bool // run answers without a sandbox, with limits alone
	Author bool // show the values in messages of hidden tests

	// Student is for grading on a student's machine: without a sandbox, as the code
	// is the student's own, and without the race detector if there is no C
	// compiler.
	Student bool

	// FirstFailure stops the tests of an exercise at the first that does not pass. The
	// budget of a submission is then that of each exercise.
	FirstFailure bool

	StartTime, TestTime time.Duration // until a program's first test, and of each test; 0 means 15 s
}

// Grader grades answers to exercises. It is safe for concurrent use.
type Grader struct {
	options  Options
	kit      *compile.Kit
	sandbox  *sandbox.Sandbox
	parallel int // how many exercises of one submission are compiled at once
	noRules  bool
	budget   budget // of each submission

	references *references // nil on a student's machine, which has no solutions

	mu    sync.Mutex
	known map[string]course.ExerciseResult // by answers: equal answers have equal results
}

// New prepares to grade answers to the exercises of notebooks, in the checkout in
// dir.
func New(ctx context.Context, dir string, notebooks []*course.Notebook, o Options) (*Grader, error) {
	var s *sandbox.Sandbox
	var err error
	if o.Unsafe || o.Student {
		s, err = sandbox.None()
	} else {
		s, err = sandbox.New(ctx)
	}
	if err != nil {
		return nil, err
	}
	race := checkout.HasRaceDetector(ctx, dir)
	if !race && !o.Student {
		return nil, errors.New("grading needs the race detector, which needs a C compiler: install one (Debian and Ubuntu: apt-get install gcc libc6-dev)")
	}
	k, err := compile.NewKit(ctx, dir, course.Imports(notebooks), race)
	if err != nil {
		return nil, err
	}
	return newGrader(k, s, o), nil
}

func newGrader(k *compile.Kit, s *sandbox.Sandbox, o Options) *Grader {
	g := &Grader{options: o, kit: k, sandbox: s, parallel: 1, budget: fullBudget, known: map[string]course.ExerciseResult{}, references: newReferences(k, s, cmp.Or(o.StartTime, startTime))}
	if o.Student {
		g.references = nil
		g.parallel = runtime.GOMAXPROCS(0)
	}
	return g
}

// HasRaceDetector reports whether the tests run under the race detector.
func (g *Grader) HasRaceDetector() bool { return g.kit.Race }

// Grade grades answers[i] as the answers to exercises[i]. An error means that the
// grader failed; whatever an answer does wrong is in its result. slow, if set, is
// called after the first slow test; see [Turn.Slow].
func (g *Grader) Grade(ctx context.Context, exercises []*course.Exercise, answers [][]course.Code, slow func(context.Context) error) ([]course.ExerciseResult, error) {
	results := make([]course.ExerciseResult, len(exercises))
	keys := make([]string, len(exercises))
	var todo []*work
	var places []int
	for i, e := range exercises {
		key, err := keyOf(e, answers[i])
		if err != nil {
			return nil, err
		}
		keys[i] = key
		g.mu.Lock()
		known, found := g.known[keys[i]]
		g.mu.Unlock()
		if found {
			results[i] = known
			continue
		}
		todo = append(todo, &work{exercise: e, answers: answers[i], result: BlankResult(e)})
		places = append(places, i)
	}
	if len(todo) == 0 {
		return results, nil
	}
	if err := g.run(ctx, todo, slow, 1, func() {}); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for j, w := range todo {
		results[places[j]] = w.result
		// A failure may be the fault of another answer in the same program. Students
		// with the same answer must not share it.
		if w.result.Score == w.result.MaxScore || !w.compiled || len(todo) == 1 {
			g.known[keys[places[j]]] = w.result
		}
	}
	return results, nil
}

// Repeat builds answers, even those with known results, runs their tests n times and
// passes the results of each run to seen.
func (g *Grader) Repeat(ctx context.Context, exercises []*course.Exercise, answers [][]course.Code, n int, seen func([]course.ExerciseResult)) error {
	var todo []*work
	for i, e := range exercises {
		todo = append(todo, &work{exercise: e, answers: answers[i], result: BlankResult(e)})
	}
	return g.run(ctx, todo, nil, n, func() {
		var results []course.ExerciseResult
		for _, w := range todo {
			results = append(results, w.result)
		}
		seen(results)
	})
}

// run compiles answers, runs their tests n times, and calls ran after each run,
// when the results are in todo.
func (g *Grader) run(ctx context.Context, todo []*work, slow func(context.Context) error, n int, ran func()) error {
	var expect map[string]*expectation
	var seed func(string) uint64
	if g.references != nil {
		var exercises []*course.Exercise
		for _, w := range todo {
			exercises = append(exercises, w.exercise)
		}
		var err error
		if expect, err = g.references.of(ctx, exercises); err != nil {
			return err
		}
		seed = g.references.seed
	}
	workspace, err := g.sandbox.NewWorkspace()
	if err != nil {
		return err
	}
	defer workspace.Remove()
	whole := g.budget
	if g.options.FirstFailure {
		whole.Wall *= time.Duration(len(todo))
		whole.CPU *= time.Duration(len(todo))
	}
	p := &programs{
		builder: &builder{workspace: workspace, kit: g.kit, noRules: g.noRules, blind: expect != nil},
		runner: &runner{expect: expect, seed: seed, workspace: workspace, slow: slow, author: g.options.Author,
			hidden: map[string]bool{}, functions: map[string][]string{}, budget: whole, left: whole, firstFailure: g.options.FirstFailure,
			startTime: cmp.Or(g.options.StartTime, startTime), testTime: cmp.Or(g.options.TestTime, testTime)},
	}
	for _, w := range todo {
		p.runner.functions[w.exercise.Name] = courseFunctions(w.exercise)
		for _, c := range w.exercise.Cases {
			p.runner.hidden[testName(w.exercise, c)] = c.Hidden
		}
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(g.parallel)
	for _, w := range todo {
		group.Go(func() error {
			problems, compiled, err := p.builder.compile(inner, w.exercise, w.answers)
			w.compiled = compiled
			w.result.Problems = append(droppedCommands(w.answers), problems...)
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
	return p.run(ctx, ready, n, ran)
}

// programs builds and runs the test programs of one submission.
type programs struct {
	builder *builder
	runner  *runner
}

// run runs the tests of exercises in one program. If that can't be linked or
// started, one exercise is to blame, so each gets a program of its own.
func (p *programs) run(ctx context.Context, ready []*work, n int, ran func()) error {
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
	file, err := p.builder.link(ctx, names...)
	switch {
	case errors.Is(err, errTooLarge) && len(ready) > 1:
		if err := p.runEach(ctx, ready, n); err != nil {
			return err
		}
		ran()
		return nil
	case errors.Is(err, errTooLarge):
		w := ready[0]
		w.result.Problems = append(w.result.Problems, course.Problem{Kind: course.Refused, Cell: w.exercise.Name,
			Text: "this answer takes more time to link, or its variables more memory, than any answer needs"})
		ran()
		return nil
	case err != nil:
		return err
	}
	for range n {
		if n > 1 {
			p.runner.left = p.runner.budget
		}
		outcomes, err := p.runner.runTests(ctx, file, tests)
		start, failedToStart := errors.AsType[*startError](err)
		switch {
		case failedToStart && len(ready) > 1:
			if err := p.runEach(ctx, ready, 1); err != nil {
				return err
			}
			ran()
			continue
		case failedToStart:
			outcomes = map[string]outcome{}
			for _, name := range tests {
				outcomes[name] = outcome{status: start.status, printed: start.printed, exit: start.Error()}
			}
		case err != nil:
			return err
		}
		for _, w := range ready {
			w.record(outcomes)
		}
		ran()
	}
	return nil
}

// runEach runs each exercise's tests n times in a program of its own.
func (p *programs) runEach(ctx context.Context, ready []*work, n int) error {
	for _, w := range ready {
		if err := p.run(ctx, []*work{w}, n, func() {}); err != nil {
			return err
		}
	}
	return nil
}

// droppedCommands returns notes about the special commands of answers: the first
// ones, and how many more there are.
func droppedCommands(answers []course.Code) (notes []course.Problem) {
	for _, a := range answers {
		if a.Borrowed {
			continue
		}
		_, lines := a.Go()
		for _, line := range lines[:min(len(lines), compile.MaxProblems)] {
			notes = append(notes, course.Problem{Kind: course.Note, Cell: a.Cell,
				Text: fmt.Sprintf("the special command %q was ignored: grading uses no kernel", untrusted.Truncate(line, 60))})
		}
		if more := len(lines) - compile.MaxProblems; more > 0 {
			notes = append(notes, course.Problem{Kind: course.Note, Cell: a.Cell, Text: fmt.Sprintf("%d more special commands were ignored", more)})
		}
	}
	return notes
}
