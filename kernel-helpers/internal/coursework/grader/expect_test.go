package grader

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/probe"
)

const ms = time.Millisecond

// twoCalls returns a probe's calls a and b, one after the other.
func twoCalls() []probe.Call {
	return []probe.Call{{Name: "a", End: 10 * ms, State: "done"}, {Name: "b", Start: 10 * ms, End: 20 * ms, State: "done"}}
}

// reference is what a reference solution lets a test observe.
func reference() []probe.Observation {
	return []probe.Observation{
		{Check: "Times", Site: "x:1", Now: 20 * ms, Calls: twoCalls(), Most: 1, Want: &probe.Want{Names: []string{"a"}, N: 1}},
		{Check: "Results", Site: "x:2", Got: []string{"1", "2"}, Want: &probe.Want{Values: []string{"1", "2"}}},
		{Check: "Results", Site: "x:2", Got: []string{"3"}, Want: &probe.Want{Values: []string{"3"}}},
	}
}

func TestObservationsAreComparedWithTheReferenceSolutions(t *testing.T) {
	for what, c := range map[string]struct {
		change  func(o []probe.Observation) []probe.Observation
		problem string // of an observation, or a message, or the reason for doubt
	}{
		"the same":         {func(o []probe.Observation) []probe.Observation { return o }, ""},
		"another value":    {func(o []probe.Observation) []probe.Observation { o[1].Got = []string{"1", "7"}; return o }, "result 1 is 7, want 2"},
		"a missing one":    {func(o []probe.Observation) []probe.Observation { return o[:2] }, "made 1 times, and 2 times"},
		"one more":         {func(o []probe.Observation) []probe.Observation { return append(o, o[2]) }, "more often"},
		"another place":    {func(o []probe.Observation) []probe.Observation { o[2].Site = "x:3"; return o }, "more often"},
		"an unknown check": {func(o []probe.Observation) []probe.Observation { o[2].Check = "Fine"; return o }, "made 1 times"},
		"a call too few":   {func(o []probe.Observation) []probe.Observation { o[0].Calls = o[0].Calls[1:]; return o }, `0 calls of "a", want 1`},
		"from the future":  {func(o []probe.Observation) []probe.Observation { o[0].Now = 15 * ms; return o }, "yet to come"},
		"a wrong number":   {func(o []probe.Observation) []probe.Observation { o[0].Most = 3; return o }, "3 calls in flight, where the calls allow 1"},
		"a gap":            {func(o []probe.Observation) []probe.Observation { o[0].From = 3; return o }, "changes calls which have ended"},
	} {
		compared := newComparison(newExpectation(reference()), false)
		said := ""
		answers := reference()
		for i := range answers {
			answers[i].Want = nil
		}
		for _, o := range c.change(answers) {
			said += compared.see(o)
		}
		held, contradiction := compared.end(true)
		said += contradiction + strings.Join(compared.differences, "; ") + compared.doubt
		if held != (c.problem == "") && !strings.Contains(said, "observation of") && !strings.Contains(said, "observation that") || !strings.Contains(said, c.problem) {
			t.Errorf("%s: got %t and %q, want %q", what, held, said, c.problem)
		}
	}
}

func TestATestThatPassesItselfInSpiteOfItsAssertionContradictsItself(t *testing.T) {
	c := newComparison(newExpectation([]probe.Observation{{Check: "NoneLeft", Site: "x:1", Want: &probe.Want{}}}), false)
	c.see(probe.Observation{Check: "NoneLeft", Site: "x:1", Left: 1, Want: &probe.Want{}})
	if held, contradiction := c.end(true); held || contradiction == "" {
		t.Errorf("got %t and the contradiction %q, want one", held, contradiction)
	}
}

// Each answer's program says that the test passed, as one would that rules its
// memory. What it observed says something else.
func TestWhatAProgramDecidesItselfIsJudgedOutside(t *testing.T) {
	unmet := probe.Unmet
	kept := probe.Observation{Check: "KeptErrors", Site: "x:1", What: "one; two", Left: 1, Got: []string{`"one"`, `"two"`}, Want: &probe.Want{Values: []string{`"one"`, `"two"`}}}
	condition := probe.Observation{Check: "Condition", Site: "x:2", Got: []string{"false"}, Want: &unmet}
	none := probe.Observation{Check: "NoneLeft", Site: "x:3", Want: &probe.Want{}}
	for what, c := range map[string]struct {
		change func(kept, condition, none *probe.Observation)
		said   string
	}{
		"all is well":         {func(kept, condition, none *probe.Observation) {}, ""},
		"a lost error":        {func(kept, condition, none *probe.Observation) { kept.Got = kept.Got[1:] }, `the error "one" was lost: got one; two`},
		"another error":       {func(kept, condition, none *probe.Observation) { kept.Got[0] = `"nine"` }, `the error "one" was lost`},
		"a goroutine is left": {func(kept, condition, none *probe.Observation) { none.Left = 1 }, "1 goroutine is left, want none"},
		"a call is left": {func(kept, condition, none *probe.Observation) {
			none.Calls, none.Most = []probe.Call{{Name: "a", State: "unfinished"}}, 1
		}, `"a" is still in flight`},
		"t.Error was called":                        {func(kept, condition, none *probe.Observation) { condition.Got = []string{"true"} }, "a condition of the test doesn't hold"},
		"t.Error was called, but not on the record": {func(kept, condition, none *probe.Observation) { condition.Check = "Fine" }, "a person has to look"},
	} {
		compared := newComparison(newExpectation([]probe.Observation{kept, condition, none}), false)
		k, c2, n := kept, condition, none
		k.Got = slices.Clone(k.Got)
		c.change(&k, &c2, &n)
		said := ""
		for _, o := range []probe.Observation{k, c2, n} {
			if o.Want = nil; o.Check == "Condition" {
				o.Want = &unmet
			}
			said += compared.see(o)
		}
		held, contradiction := compared.end(true)
		said += contradiction + strings.Join(compared.differences, "; ") + compared.doubt
		if held != (c.said == "") || !strings.Contains(said, c.said) {
			t.Errorf("%s: got %t and %q, want %q", what, held, said, c.said)
		}
	}
}

func TestAWrongReferenceSolutionPassesNobody(t *testing.T) {
	e := coursetest.Exercise(t, "each")
	right := e.Answers[0]
	e.Answers = []course.Code{{Cell: "each", Text: `func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error {
	for _, j := range jobs {
		work(ctx, j)
	}
	return nil
}`}}
	results, err := newTestGrader(t).Grade(t.Context(), []*course.Exercise{e}, [][]course.Code{{right}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if told := strings.Join(results[0].Tests[0].Messages, "\n"); results[0].Score != 0 || !strings.Contains(told, "the reference solution fails this test: at most 1 call in flight, want 2") {
		t.Errorf("got %g points and %q, want none and what is wrong with the reference solution", results[0].Score, told)
	}
}
