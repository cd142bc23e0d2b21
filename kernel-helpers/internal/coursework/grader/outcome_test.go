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
			if want := []string{o.exit, why + ", in line 12 of pool"}; !slices.Equal(got, want) {
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
