package grader

import (
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
)

func TestAPanicRevealsNothingOfAHiddenTest(t *testing.T) {
	e := &course.Exercise{Answers: []course.Code{{Cell: "pool"}}}
	trace := "\n\ngoroutine 7 [running]:\nmain.Pool()\n\t" + compile.CellRoot + "pool:12 +0x1\n"
	for _, test := range []struct{ printed, shown, hidden string }{
		{"panic: the input is 42", "panic: the input is 42", "panic (its value is not shown, as the test is hidden)"},
		{"panic: runtime error: 42 is the input", "panic: runtime error: 42 is the input", "panic (its value is not shown, as the test is hidden)"},
		{"panic: runtime error: index out of range [42] with length 3 [recovered, repanicked]", "panic: runtime error: index out of range [42] with length 3", "panic: index out of range"},
		{"fatal error: all goroutines are asleep - deadlock!", "fatal error: all goroutines are asleep - deadlock!", "fatal error: all goroutines are asleep - deadlock!"},
		{"panic: ", "panic: ", "panic (its value is not shown, as the test is hidden)"},
		{"nothing of that", "the answer", "the answer"},
	} {
		o := outcome{status: course.Crashed, exit: "the program ended", printed: test.printed + trace}
		for hidden, why := range map[bool]string{false: test.shown, true: test.hidden} {
			got := o.result(e, course.Case{Name: "TestX", Hidden: hidden}).Messages
			want := []string{why + ", in line 12 of pool", o.exit}
			if why == "the answer" { // the exit says more
				slices.Reverse(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("hidden %v: got %q, want %q", hidden, got, want)
			}
		}
	}
}

func TestAHiddenTestRevealsNothingOfItsInput(t *testing.T) {
	b := newTestGrader(t)
	for name, answer := range map[string]string{
		"a panic":  `panic(fmt.Sprint("secret ", limit, jobs))`,
		"an error": `return fmt.Errorf("secret %d %v", limit, jobs)`,
		"an index": `return errors.Join(make([]error, 3)[limit+40])`,
	} {
		r := gradeOne(t, b, "each", "func Each(ctx context.Context, limit int, jobs []Job, work func(context.Context, Job) error) error {\n\t"+answer+"\n}")
		coursetest.WantStatuses(t, r, course.Failed, course.Failed)
		shown, hidden := strings.Join(r.Tests[0].Messages, "\n"), strings.Join(r.Tests[1].Messages, "\n")
		if !strings.Contains(shown, "secret") && !strings.Contains(shown, "[42]") {
			t.Errorf("%s: got %q from the visible test, want the value", name, shown)
		}
		if hidden == "" || strings.Contains(hidden, "secret") || strings.Contains(hidden, "42") || strings.Contains(hidden, "{a}") {
			t.Errorf("%s: got %q from the hidden test, want no value", name, hidden)
		}
	}
}

func TestAnEndlessRecursionIsNamedWithItsLine(t *testing.T) {
	const trace = `runtime: goroutine stack exceeds 268435456-byte limit
fatal error: stack overflow

goroutine 8 [running, synctest bubble 1]:
answer/each.Each[...](0x3, {0xc02015fdc8, 0x4, 0x4}, 0xc02015fdb0)
	/cell/each:1 +0xc5 fp=0xc010160688 sp=0xc010160680 pc=0x5f2085
answer/each.Each[...](...)
	/cell/each:5
`
	e := &course.Exercise{Answers: []course.Code{{Cell: "each", Text: "func Each() {\n// BEGIN SOLUTION\n// END SOLUTION\n}"}}}
	if got, want := lastWords(trace, e, true), "stack overflow: Each calls itself without end, in line 5 of each"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARaceOfAVisibleTestIsNamedWithItsLines(t *testing.T) {
	const report = "==================\nWARNING: DATA RACE\nWrite at 0x00c000 by goroutine 8:\n  answer/each.Each.func1()\n      /cell/each:7 +0x1\n\nPrevious read at 0x00c000 by goroutine 9:\n  answer/each.Each.func1()\n      /cell/each:5 +0x1\n==================\n"
	e := &course.Exercise{Answers: []course.Code{{Cell: "each"}}}
	for hidden, want := range map[bool]string{false: "(line 7 of each, line 5 of each)", true: "and at least one of them writes. Guard"} {
		if got := raceMessage(report, e, hidden); !strings.Contains(got, want) {
			t.Errorf("hidden %t: got %q, want %q", hidden, got, want)
		}
	}
}
