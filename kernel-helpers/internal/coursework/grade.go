package coursework

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/nbgrader"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// GradeOptions say how submissions are graded. The zero value is usable.
type GradeOptions struct {
	Students    []string // only these; none means everybody who handed in
	Parallel    int      // submissions at the same time; 0 means GOMAXPROCS, at most 8
	Again       bool     // also those that have a result of the same inputs
	Unsafe      bool     // without a sandbox
	NoGradebook bool     // leave nbgrader's gradebook alone

	// Notice, if set, is called with a sentence about what is left out.
	Notice func(text string)

	// Progress, if set, is called with each finished result, one at a time.
	// fresh is false for a result that was there already.
	Progress func(r course.Result, fresh bool, done, total int)

	// Recording, if set, is called before n results go into nbgrader's gradebook.
	Recording func(n int)
}

func (o GradeOptions) notice(text string) {
	if o.Notice != nil {
		o.Notice(text)
	}
}

// GradeResult is the outcome of [Course.Grade].
type GradeResult struct {
	Results []course.Result // sorted by student

	// Unrecorded says why nbgrader's gradebook lacks some of the results, or is nil.
	Unrecorded error
}

// Grade grades the submissions of an assignment in submitted/STUDENT/ASSIGNMENT. It
// writes each result to results/ASSIGNMENT/STUDENT.json as soon as it is finished,
// so an interrupted run can be continued: a submission that has a result of the
// same inputs isn't graded again. Then it writes the course's grades.csv, and the
// results into nbgrader's gradebook.
//
// A submission that can't be graded has a result that says so. An error is about
// the course, the machine or ctx; the result holds what was finished until then.
func (c *Course) Grade(ctx context.Context, assignment string, o GradeOptions) (*GradeResult, error) {
	r := &GradeResult{}
	a, err := c.Assignment(assignment)
	if err != nil {
		return r, err
	}
	if err := a.CheckPoints(); err != nil {
		return r, fmt.Errorf("grade %s: %w", assignment, err)
	}
	submitters, err := c.submitters(assignment, o.Students, o.notice)
	if err != nil {
		return r, err
	}
	if len(o.Students) == 0 {
		if _, err := c.removeStudents(ctx, !o.NoGradebook, o.notice); err != nil {
			return r, err
		}
	}
	base, err := c.fingerprint(ctx, a, o.Unsafe)
	if err != nil {
		return r, err
	}
	g := &grading{course: c, assignment: a, base: base, o: o}
	for _, s := range submitters {
		g.total += len(s.members)
	}
	err = g.all(ctx, submitters)
	r.Results = g.results
	if err != nil {
		return r, err
	}
	if err := c.writeGrades(); err != nil {
		return r, err
	}
	if !o.NoGradebook {
		if o.Recording != nil {
			o.Recording(len(r.Results))
		}
		_, r.Unrecorded = nbgrader.WriteGradebook(ctx, c.Dir, r.Results)
		if errors.Is(r.Unrecorded, checkout.ErrNoPython) {
			o.notice(fmt.Sprintf("the results are in results/ and grades.csv, but not in nbgrader's gradebook: %v", r.Unrecorded))
			r.Unrecorded = nil
		}
	}
	return r, nil
}

// fingerprint returns a hash of everything that an assignment's results depend on
// besides the submissions.
func (c *Course) fingerprint(ctx context.Context, a *course.Assignment, unsafe bool) (string, error) {
	root, err := checkout.Find(c.Dir)
	if err != nil {
		return "", err
	}
	files := []string{filepath.Join(c.Dir, course.SettingsFile)}
	for _, nb := range a.Notebooks {
		files = append(files, filepath.Join(c.Dir, "source", a.Name, nb.Name+".ipynb"))
	}
	return grader.Fingerprint(ctx, root, course.Imports(a.Notebooks), files, unsafe)
}

// grading is a run of Grade.
type grading struct {
	course     *Course
	assignment *course.Assignment
	base       string // the fingerprint
	o          GradeOptions
	total      int

	once   sync.Once // makes grader, if there is anything to grade
	grader *grader.Grader
	err    error

	mu      sync.Mutex
	results []course.Result
}

// all grades submissions.
func (g *grading) all(ctx context.Context, submitters []submitter) error {
	turns := grader.NewTurns(parallel(g.o.Parallel))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel(g.o.Parallel) + grader.MaxSlow)
	for _, s := range submitters {
		group.Go(func() error {
			if s.from == "" {
				return g.absent(s.members)
			}
			turn, err := turns.Take(inner)
			if err != nil {
				return err
			}
			defer turn.End()
			return g.one(inner, s, turn)
		})
	}
	err := group.Wait()
	slices.SortFunc(g.results, func(a, b course.Result) int { return strings.Compare(a.Student, b.Student) })
	return err
}

func (g *grading) makeGrader(ctx context.Context) (*grader.Grader, error) {
	g.once.Do(func() {
		var root string
		if root, g.err = checkout.Find(g.course.Dir); g.err == nil {
			g.grader, g.err = grader.New(ctx, root, g.assignment.Notebooks, grader.Options{Unsafe: g.o.Unsafe})
		}
	})
	return g.grader, g.err
}

// absent gives no points to students who handed nothing in.
func (g *grading) absent(students []string) error {
	for _, student := range students {
		r := course.Result{Course: g.course.Title, Assignment: g.assignment.Name, Student: student, Absent: true, Inputs: g.base + " absent",
			Problems: []course.Problem{{Kind: course.Missing, Text: "nothing was handed in"}}}
		file := g.course.ResultFile(g.assignment.Name, student)
		before, err := course.ReadResult(file)
		if err == nil && !before.Absent {
			r.Problems = append(r.Problems, course.Problem{Kind: course.Check,
				Text: fmt.Sprintf("a submission was graded before (%g points), and is not in submitted/ any more", before.Score)})
		}
		for _, nb := range g.assignment.Notebooks {
			n := course.NotebookResult{Name: nb.Name}
			for _, e := range nb.Exercises {
				blank := grader.BlankResult(e)
				r.MaxScore += blank.MaxScore
				n.Exercises = append(n.Exercises, blank)
			}
			r.ToGrade += nb.ToGrade
			r.Notebooks = append(r.Notebooks, n)
		}
		fresh := err != nil || before.Inputs != r.Inputs
		if fresh {
			if err := course.WriteResult(file, r); err != nil {
				return err
			}
		} else {
			r = before
		}
		g.report(r, fresh)
	}
	return nil
}

// one grades one submission, for all whose it is.
func (g *grading) one(ctx context.Context, s submitter, turn *grader.Turn) error {
	sub, err := g.course.OpenSubmission(s.from, g.assignment)
	if err != nil {
		return err
	}
	var stale []string
	for _, student := range s.members {
		if !g.o.Again {
			r, err := course.ReadResult(g.course.ResultFile(g.assignment.Name, student))
			if err == nil && r.Inputs == sub.Digest(g.baseFor(student, s)) {
				g.report(r, false)
				continue
			}
		}
		stale = append(stale, student)
	}
	if len(stale) == 0 {
		return nil
	}
	tools, err := g.makeGrader(ctx)
	if err != nil {
		return err
	}
	r := course.Result{Course: g.course.Title, Assignment: g.assignment.Name, Submitted: sub.Submitted, Problems: sub.Problems}
	for _, nb := range g.assignment.Notebooks {
		n, err := gradeNotebook(ctx, tools, nb, sub, turn.Slow)
		if err != nil {
			return fmt.Errorf("grade %s: %w", s.from, err)
		}
		r.ToGrade += nb.ToGrade
		for _, e := range n.Exercises {
			r.Score += e.Score
			r.MaxScore += e.MaxScore
		}
		r.Notebooks = append(r.Notebooks, n)
	}
	for _, student := range stale {
		own := g.forMember(r, student, s)
		own.Inputs = sub.Digest(g.baseFor(student, s))
		if err := course.WriteResult(g.course.ResultFile(g.assignment.Name, student), own); err != nil {
			return err
		}
		g.report(own, true)
	}
	return nil
}

// baseFor returns what a student's result depends on besides the submission.
func (g *grading) baseFor(student string, s submitter) string {
	entry := g.course.Roster.Student(student)
	if entry.Grace == nil && entry.Written == "" && entry.Group == "" {
		return g.base
	}
	return fmt.Sprint(g.base, entry.Due(g.assignment.Name, g.assignment.Due).UTC(), g.latePolicy(entry), entry.Group, s.from, s.others)
}

func (g *grading) latePolicy(entry roster.Student) course.LatePolicy {
	p := g.course.Late
	if entry.Grace != nil {
		p.Grace.Duration = *entry.Grace
	}
	return p
}

// forMember returns a group's result as one student's, who may have an extension.
func (g *grading) forMember(r course.Result, student string, s submitter) course.Result {
	entry := g.course.Roster.Student(student)
	r.Student, r.Problems = student, slices.Clone(r.Problems)
	note := func(format string, args ...any) {
		r.Problems = append(r.Problems, course.Problem{Kind: course.Note, Text: fmt.Sprintf(format, args...)})
	}
	switch {
	case student != s.from && slices.Contains(s.others, student):
		r.SubmittedBy = s.from
		note("%s handed in last in the group %s, so that counts and not your own submission", s.from, entry.Group)
	case student != s.from:
		r.SubmittedBy = s.from
		note("%s handed this in for the group %s", s.from, entry.Group)
	case len(s.others) > 0:
		note("this is the last submission of the group %s, so it counts", entry.Group)
	}
	due := entry.Due(g.assignment.Name, g.assignment.Due)
	if !due.Equal(g.assignment.Due) {
		note("it was due on %s for you", due.Format("2 January 2006 at 15:04 -07:00"))
	}
	g.latePolicy(entry).Apply(&r, due)
	return r
}

func (g *grading) report(r course.Result, fresh bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.results = append(g.results, r)
	if g.o.Progress != nil {
		g.o.Progress(r, fresh, len(g.results), g.total)
	}
}

// maxAnswer is how much of an answer cell's text is kept with its result, in bytes.
const maxAnswer = 64 << 10

// gradeNotebook grades one notebook of a submission.
func gradeNotebook(ctx context.Context, tools *grader.Grader, nb *course.Notebook, sub *course.Submission, slow func(context.Context) error) (course.NotebookResult, error) {
	n := course.NotebookResult{Name: nb.Name}
	for _, e := range nb.Exercises {
		n.Exercises = append(n.Exercises, grader.BlankResult(e))
	}
	text := sub.Notebooks[nb.Name]
	if text == nil {
		return n, nil
	}
	submitted, err := course.ParseSubmitted(text, nb)
	if err != nil {
		n.Problems = append(n.Problems, course.Problem{Kind: course.Broken, Text: err.Error()})
		return n, nil
	}
	n.Problems = submitted.Problems
	var exercises []*course.Exercise
	var answers [][]course.Code
	var places []int
	for i, e := range nb.Exercises {
		codes, missing := submitted.Answers(e)
		if len(missing) == 0 && untouched(e, codes) {
			missing = []course.Problem{{Kind: course.Missing, Cell: e.Name, Text: course.Untouched}}
		}
		if len(missing) > 0 {
			n.Exercises[i].Problems = missing
			continue
		}
		exercises, answers, places = append(exercises, e), append(answers, codes), append(places, i)
	}
	own := answers
	answers = lent(nb, submitted, exercises, own, false)
	results, err := tools.Grade(ctx, exercises, answers, slow)
	if err != nil {
		return n, err
	}
	again := lent(nb, submitted, exercises, own, true)
	for i, r := range results {
		if r.Score < r.MaxScore && borrows(r) && !slices.Equal(again[i], answers[i]) {
			better, err := tools.Grade(ctx, exercises[i:i+1], again[i:i+1], slow)
			if err != nil {
				return n, err
			}
			if better[0].Score > r.Score {
				r = better[0]
				r.Problems = append(slices.Clone(r.Problems), course.Problem{Kind: course.Note, Cell: exercises[i].Name,
					Text: fmt.Sprintf("with your earlier answer this would lose %g of %g points: it was tested with the course's", better[0].Score-results[i].Score, r.MaxScore)})
			}
		}
		for _, a := range own[i] {
			r.Answer = append(r.Answer, course.AnswerCell{Cell: a.Cell, Source: untrusted.Truncate(a.Text, maxAnswer)})
		}
		n.Exercises[places[i]] = r
	}
	return n, nil
}

// lent returns, for each exercise, its answers and the student's cells that they
// may use: the answers to earlier exercises, and cells of their own. With
// reference, the course's solutions take the place of earlier answers.
func lent(nb *course.Notebook, s *course.Submitted, exercises []*course.Exercise, own [][]course.Code, reference bool) (all [][]course.Code) {
	for i, e := range exercises {
		codes := slices.Clone(own[i])
		for _, c := range s.Own() {
			c.Borrowed = true
			codes = append(codes, c)
		}
		for _, earlier := range nb.Exercises {
			if earlier == e {
				break
			}
			answers, _ := s.Answers(earlier)
			if untouched(earlier, answers) {
				continue
			}
			if reference {
				answers = earlier.Answers
			}
			for _, c := range answers {
				codes = append(codes, course.Code{Cell: c.Cell, Text: c.Text, Borrowed: true})
			}
		}
		all = append(all, codes)
	}
	return all
}

// borrows reports whether an answer uses other cells of the student's.
func borrows(r course.ExerciseResult) bool {
	return slices.ContainsFunc(r.Problems, func(p course.Problem) bool { return strings.HasPrefix(p.Text, compile.Borrows) })
}

// untouched reports whether all answers are as they were handed out.
func untouched(e *course.Exercise, answers []course.Code) bool {
	if len(answers) != len(e.Answers) {
		return len(answers) == 0
	}
	for i, a := range e.Answers {
		if !course.SameText(a.Stub().Text, answers[i].Text) {
			return false
		}
	}
	return true
}
