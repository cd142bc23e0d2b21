package coursework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// GradeOptions say how submissions are graded. The zero value is good.
type GradeOptions struct {
	Students []string // these alone; none is everybody who has handed in
	Parallel int      // submissions at the same time; 0 is one for each processor, at most 8
	Again    bool     // also those whose result is there already
	Unsafe   bool     // without a sandbox

	// Notice, if set, is told what is left out, before the first result.
	Notice func(text string)

	// Progress, if set, is told each result, in the order of their ends, one at
	// a time. fresh is false for a result that was there already.
	Progress func(r Result, fresh bool, done, total int)
}

// Grade grades the submissions of an assignment in submitted/STUDENT/NAME. Each
// result is written to results/NAME/STUDENT.json as a whole as soon as it is
// there, so that an interrupted run goes on where it was: what has a result of
// the same inputs isn't graded again. The results come sorted by student.
//
// A submission that can't be graded has a result that says so. An error is one
// of the course, the machine or ctx; the results until then are returned with it.
func Grade(ctx context.Context, c *Course, name string, o GradeOptions) ([]Result, error) {
	a, err := c.Assignment(name)
	if err != nil {
		return nil, err
	}
	for _, s := range a.Sheets {
		if err := s.checkPoints(); err != nil {
			return nil, fmt.Errorf("coursework: %s: %s: %w", name, s.Name, err)
		}
	}
	students, err := c.handedIn(name, o.Students, o.notice)
	if err != nil {
		return nil, err
	}
	base, err := a.digest(ctx, c, o.Unsafe)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.resultsDir(name), 0o700); err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	g := &grading{course: c, assignment: a, base: base, o: o, total: len(students)}
	turns := newTurns(o.parallel())
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(o.parallel() + mostApart)
	for _, student := range students {
		group.Go(func() error {
			turn, err := turns.take(inner)
			if err != nil {
				return err
			}
			defer turn.end()
			return g.one(inner, student, turn)
		})
	}
	err = group.Wait()
	slices.SortFunc(g.results, func(a, b Result) int { return strings.Compare(a.Student, b.Student) })
	return g.results, err
}

// grading is a run of Grade.
type grading struct {
	course     *Course
	assignment *Assignment
	base       string
	o          GradeOptions
	total      int

	once  sync.Once // makes bench, if anything is to be graded
	bench *bench
	err   error

	mu      sync.Mutex
	results []Result
}

func (g *grading) tools(ctx context.Context) (*bench, error) {
	g.once.Do(func() {
		var checkout string
		if checkout, g.err = FindCheckout(g.course.Dir); g.err == nil {
			g.bench, g.err = newBench(ctx, checkout, g.assignment.Sheets, g.o.Unsafe)
		}
	})
	return g.bench, g.err
}

// one grades one student's submission.
func (g *grading) one(ctx context.Context, student string, turn *turn) error {
	sub, err := g.course.openSubmission(student, g.assignment)
	if err != nil {
		return err
	}
	inputs := sub.digest(g.base)
	file := filepath.Join(g.course.resultsDir(g.assignment.Name), student+".json")
	if !g.o.Again {
		if r, err := readResult(file); err == nil && r.Inputs == inputs {
			g.tell(r, false)
			return nil
		}
	}
	b, err := g.tools(ctx)
	if err != nil {
		return err
	}
	r := Result{Course: g.course.Title, Assignment: g.assignment.Name, Student: student, Submitted: sub.when, Problems: sub.problems, Inputs: inputs}
	for _, s := range g.assignment.Sheets {
		n, err := gradeSheet(ctx, b, s, sub, turn.slow)
		if err != nil {
			return fmt.Errorf("coursework: %s: %w", student, err)
		}
		r.ToGrade += s.ToGrade
		for _, e := range n.Exercises {
			r.Score += e.Score
			r.MaxScore += e.MaxScore
		}
		r.Notebooks = append(r.Notebooks, n)
	}
	g.course.Late.apply(&r, g.assignment.Due)
	if err := writeResult(file, r); err != nil {
		return err
	}
	g.tell(r, true)
	return nil
}

func (g *grading) tell(r Result, fresh bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.results = append(g.results, r)
	if g.o.Progress != nil {
		g.o.Progress(r, fresh, len(g.results), g.total)
	}
}

// gradeSheet grades one notebook of a submission.
func gradeSheet(ctx context.Context, b *bench, s *Sheet, sub *submission, slow func(context.Context) error) (NotebookResult, error) {
	n := NotebookResult{Name: s.Name}
	var h *handedIn
	if text := sub.sheets[s.Name]; text != nil {
		var err error
		if h, err = readHandedIn(text, s); err != nil {
			n.Problems = append(n.Problems, Problem{Kind: Broken, Text: err.Error()})
		}
	}
	if h == nil {
		for _, e := range s.Exercises {
			n.Exercises = append(n.Exercises, blankResult(e))
		}
		return n, nil
	}
	n.Problems = h.problems
	n.Exercises = make([]ExerciseResult, len(s.Exercises))
	var exercises []*Exercise
	var answers [][]Code
	var places []int
	for i, e := range s.Exercises {
		cells, missing := h.answers(e)
		if len(missing) == 0 && untouched(e, cells) {
			missing = []Problem{{Kind: Missing, Cell: e.Name, Text: "this answer is as it was handed out"}}
		}
		if len(missing) > 0 {
			n.Exercises[i] = blankResult(e)
			n.Exercises[i].Problems = missing
			continue
		}
		var codes []Code
		for _, c := range cells {
			codes = append(codes, Code{Cell: c.Cell, Text: c.Source})
		}
		exercises, answers, places = append(exercises, e), append(answers, codes), append(places, i)
	}
	results, err := b.grade(ctx, exercises, answers, slow)
	if err != nil {
		return n, err
	}
	for i, r := range results {
		for _, a := range answers[i] {
			r.Answer = append(r.Answer, AnswerCell{Cell: a.Cell, Source: limit(a.Text, 64<<10)})
		}
		n.Exercises[places[i]] = r
	}
	return n, nil
}

// untouched tells whether answers are as they were handed out.
func untouched(e *Exercise, cells []AnswerCell) bool {
	for i, a := range e.Answers {
		if !sameText(stub(a).Text, cells[i].Source) {
			return false
		}
	}
	return true
}

// digest sums up all that a result depends on besides the submission.
func (a *Assignment) digest(ctx context.Context, c *Course, unsafe bool) (string, error) {
	h := sha256.New()
	version, err := goCommand(ctx, c.Dir, "env", "GOVERSION")
	if err != nil {
		return "", err
	}
	h.Write(version)
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("coursework: %w", err)
	}
	checkout, err := FindCheckout(c.Dir)
	if err != nil {
		return "", err
	}
	// What the tests are made of is compiled from the checkout, and not in self.
	// Files that are left out here may be there with the race detector.
	parts, err := goCommand(ctx, checkout, slices.Concat([]string{"list", "-deps", "-f",
		`{{if not .Standard}}{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{range .IgnoredGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{end}}`, harnessPath}, importsOfSheets(a.Sheets))...)
	if err != nil {
		return "", err
	}
	files := []string{self, filepath.Join(c.Dir, CourseFile)}
	for file := range strings.Lines(string(parts)) {
		if file = strings.TrimSpace(file); file != "" { // a template is followed by a line end
			files = append(files, file)
		}
	}
	for _, s := range a.Sheets {
		files = append(files, filepath.Join(c.Dir, "source", a.Name, s.Name+".ipynb"))
	}
	for _, name := range files {
		if err := addFile(h, name); err != nil {
			return "", fmt.Errorf("coursework: %w", err)
		}
	}
	fmt.Fprintln(h, unsafe)
	return hex.EncodeToString(h.Sum(nil)), nil
}

func addFile(h io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(h, f)
	fmt.Fprintf(h, "\n%d\n", n)
	return err
}

func (o GradeOptions) notice(text string) {
	if o.Notice != nil {
		o.Notice(text)
	}
}

func (o GradeOptions) parallel() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return min(runtime.GOMAXPROCS(0), 8)
}

func (c *Course) resultsDir(assignment string) string {
	return filepath.Join(c.Dir, "results", assignment)
}

// Results reads the results of an assignment that are there, by student.
func (c *Course) Results(assignment string) ([]Result, error) {
	if err := plainName(assignment); err != nil {
		return nil, fmt.Errorf("coursework: assignment: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(c.resultsDir(assignment)), "*.json"))
	if err != nil {
		return nil, fmt.Errorf("coursework: %w", err)
	}
	var results []Result
	for _, file := range files {
		r, err := readResult(file)
		if err != nil {
			return nil, fmt.Errorf("coursework: %s: %w: grade it again with `coursework grade --again`", file, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func readResult(file string) (r Result, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// writeResult writes the result of a submission, or leaves that of before.
func writeResult(file string, r Result) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("coursework: %w", err)
	}
	return replacePrivate(file, append(text, '\n'))
}

// replacePrivate writes a file that nobody else may read, as [replaceFile] does.
func replacePrivate(file string, text []byte) error {
	root, err := os.OpenRoot(filepath.Dir(file)) // which may be a link to another disk
	if err != nil {
		return fmt.Errorf("coursework: %w", err)
	}
	defer root.Close()
	if err := replaceFile(root, filepath.Base(file), text, 0o600); err != nil {
		return fmt.Errorf("coursework: %w", err)
	}
	return nil
}
