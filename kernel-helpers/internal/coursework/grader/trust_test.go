package grader

import (
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// The runtime's own copy of a map isn't instrumented. Answers get another one.
func TestARaceWithACopyOfAMapIsSeen(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "count", `func Count(texts []string) map[string]int {
	m := map[string]int{"a": 1, "b": 2, "c": 1}
	done := make(chan bool)
	go func() {
		m["a"] = 1
		close(done)
	}()
	c := maps.Clone(m)
	<-done
	return c
}`)
	coursetest.WantStatuses(t, r, course.Raced, course.Raced)
	for _, test := range r.Tests {
		if !strings.Contains(test.Review, "race") {
			t.Errorf("%s: got the reason %q for a person to look, want the race", test.Name, test.Review)
		}
	}
}

// With one process for all tests, the visible test's output would have what the
// answer was given by the hidden one.
func TestWhatHiddenTestsPassIsNotInTheOutput(t *testing.T) {
	e := coursetest.Exercise(t, "count")
	r := gradeOne(t, newTestGrader(t), "count", `var (
	all  sync.Mutex
	seen []string
)

var _ = func() int {
	go func() {
		for range time.Tick(time.Millisecond) {
			all.Lock()
			fmt.Println("LATER", seen)
			all.Unlock()
		}
	}()
	return 0
}()
`+strings.Replace(e.Answers[0].Text, "count := map[string]int{}", `count := map[string]int{}
	all.Lock()
	seen = append(seen, fmt.Sprintf("<%d texts>", len(texts)))
	log.SetPrefix(fmt.Sprint(seen))
	all.Unlock()
	log.Print("PREFIX")
	time.Sleep(20 * time.Millisecond)`, 1))
	coursetest.WantStatuses(t, r, course.Passed, course.Passed)
	if !strings.Contains(r.Output, "<2 texts>") || strings.Contains(r.Output, "<0 texts>") || strings.Contains(r.Output, "PASS") {
		t.Errorf("got the output %q, want that of the visible test and nothing of the hidden one", r.Output)
	}
}

func TestFunctionNamesRevealNothingOfAHiddenTest(t *testing.T) {
	r := gradeOne(t, newTestGrader(t), "each", `func two() { panic("x") }

func four() { panic("x") }

func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error {
	if len(jobs) == 2 {
		two()
	}
	four()
	return nil
}`)
	coursetest.WantStatuses(t, r, course.Failed, course.Failed)
	shown, hidden := strings.Join(r.Tests[0].Messages, "\n"), strings.Join(r.Tests[1].Messages, "\n")
	if !strings.Contains(shown, "four (each:3)") {
		t.Errorf("got %q from the visible test, want the function and its line", shown)
	}
	if !strings.Contains(hidden, "in Each") || strings.Contains(hidden, "two") || strings.Contains(hidden, ":") && strings.Contains(hidden, "each:") {
		t.Errorf("got %q from the hidden test, want Each alone, without lines", hidden)
	}
}

func TestStartsCountTowardsTheTimeOfASubmission(t *testing.T) {
	g := newTestGrader(t)
	g.budget = budget{Wall: 2 * time.Second, CPU: time.Minute}
	slow := "var _ = func() int { time.Sleep(1500 * time.Millisecond); return 0 }()\n"
	exercises := []*course.Exercise{coursetest.Exercise(t, "each"), coursetest.Exercise(t, "count")}
	results, err := g.Grade(t.Context(), exercises, [][]course.Code{
		{{Cell: "each", Text: slow + "func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error { return nil }"}},
		{{Cell: "count", Text: coursetest.RightCount}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := results[0].Tests[1]
	if last.Status != course.NotRun || last.Review == "" || !strings.Contains(strings.Join(last.Messages, ""), "together") {
		t.Errorf("got %+v for a test after the time was used up, want it not run and a reason for a person to look", last)
	}
}

func TestAnExerciseAsksForTheFunctionsOfItsStub(t *testing.T) {
	e := &course.Exercise{Answers: []course.Code{{Cell: "a", Text: `func Each[T any](items []T) {
	// BEGIN SOLUTION
	helper()
	// END SOLUTION
}

func (s *Stock[K]) Take(k K) {}

// BEGIN SOLUTION
func helper() {}
// END SOLUTION
`}}}
	if got := strings.Join(courseFunctions(e), " "); got != "Each Stock.Take" {
		t.Errorf("got the functions %s, want Each Stock.Take", got)
	}
}
