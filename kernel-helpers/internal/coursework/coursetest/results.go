package coursetest

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// FullResult returns a result with everything that feedback can show.
func FullResult(student string) course.Result {
	call := func(name string, start, end time.Duration, state string) course.Call {
		return course.Call{Name: name, Start: start * time.Millisecond, End: end * time.Millisecond, State: state}
	}
	return course.Result{
		Course: "Go concurrency", Assignment: "ps1", Student: student, Submitted: time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC),
		DaysLate: 1, Penalty: 0.5, Score: 3.5, MaxScore: 12, ToGrade: 2, Inputs: "1",
		Notebooks: []course.NotebookResult{{
			Name: "ps1",
			Problems: []course.Problem{
				{Kind: course.Note, Cell: "pool-tests", Text: "this locked cell was changed; the course's own is used"},
				{Kind: course.Missing, Cell: "limiter", Text: "the answer cell limiter is not in the notebook"},
			},
			Exercises: []course.ExerciseResult{
				{Name: "pool", Cell: "pool-tests", Score: 4, MaxScore: 8, Output: "starting\n3 workers\n",
					Answer: []course.AnswerCell{{Cell: "pool", Source: "// fetchAll fetches all addresses, at most limit at a time.\nfunc fetchAll(limit int) error {\n\tvar got []string\n\tfor range limit {\n\t\tgo func() { got = append(got, \"x\") }()\n\t}\n\treturn nil\n}\n"}},
					Tests: []course.TestResult{
						{Name: "TestPoolKeepsOrder", Asks: "Results are in the order of the addresses.", Points: 2, MaxPoints: 2, Status: course.Passed,
							Runs: []course.Run{{Name: "TestPoolKeepsOrder", MostInFlight: 2, Calls: []course.Call{call("page 1", 0, 300, "done"), call("page 2", 0, 100, "done"), call("page 3", 100, 250, "done")}}}},
						{Name: "TestPoolIsBounded", Asks: "At most 5 downloads are in flight, and 5 are when there is enough to do.", MaxPoints: 2, Status: course.Failed,
							Messages: []string{"at most 3 downloads in flight, want 5", "the calls over time:\n  [==== SECRET"},
							Waits: []course.Wait{
								{Count: 3, State: "waiting to send on results", On: "results", Missing: "nobody receives", Place: "line 5 of pool"},
								{Count: 1, State: "waiting for wg", On: "wg", Place: "line 7 of pool"},
							},
							Runs: []course.Run{{Name: "TestPoolIsBounded", MostInFlight: 3, Left: 12, Calls: []course.Call{
								call("page 1", 0, 100, "done"), call("page 2", 0, 150, "failed"), call("page 3", 0, 60, "cancelled"),
								call("page 4", 60, 220, "done"), call("page 5", 100, 400, "unfinished"), call("page 6", 150, 152, "failed")}}}},
						{Name: "TestPoolHasNoRace", Asks: "No two goroutines use the same memory without order.", MaxPoints: 2, Status: course.Raced,
							Messages: []string{"a data race: pool, line 5 appends to what line 5 of another goroutine appends to"},
							Race:     "WARNING: DATA RACE\nRead at 0x00c00001 by goroutine 8:\n  fetchAll.func1()\n      pool, line 5\n\nPrevious write at 0x00c00001 by goroutine 7:\n  fetchAll.func1()\n      pool, line 5\n"},
						{Name: "TestPoolStopsAtAnError", Hidden: true, Asks: "SECRET SENTENCE", Points: 2, MaxPoints: 2, Status: course.Passed,
							Waits: []course.Wait{{Count: 1, State: "SECRET WAIT"}},
							Runs:  []course.Run{{Name: "SECRET RUN", Calls: []course.Call{call("SECRET CALL", 0, 1, "done")}}}},
					}},
				{Name: "limiter", Cell: "limiter-tests", MaxScore: 4,
					Problems: []course.Problem{{Kind: course.Missing, Cell: "limiter", Text: "the answer cell limiter is not in the notebook"}},
					Tests: []course.TestResult{
						{Name: "TestLimiterSpacesCalls", Asks: "Calls are 100 ms apart.", MaxPoints: 2, Status: course.NotRun},
						{Name: "TestLimiterEnds", Hidden: true, MaxPoints: 2, Status: course.NotRun},
					}},
			},
		}},
	}
}

// ExampleResult returns a result of a new course's ps1: the first test passed, the
// hidden one did not.
func ExampleResult(student string) course.Result {
	return course.Result{
		Course: "go-101", Assignment: "ps1", Student: student, Score: 1, MaxScore: 3, ToGrade: 1, Inputs: "v1-" + student,
		Submitted: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		Notebooks: []course.NotebookResult{{Name: "ps1", Exercises: []course.ExerciseResult{{
			Name: "in-order", Cell: "in-order-tests", Score: 1, MaxScore: 3,
			Tests: []course.TestResult{
				{Name: "TestInOrderKeepsOrder", Asks: "The results are in the order of the functions.", Points: 1, MaxPoints: 1, Status: course.Passed},
				{Name: "TestInOrderOverlaps", Hidden: true, MaxPoints: 2, Status: course.Failed, Messages: []string{"three functions of 1 s each took 3s; at the same time they take 1 s"}},
			},
		}}}},
	}
}

// SkipGrading skips a test that grades if -short is set.
func SkipGrading(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles answers and runs them in the sandbox")
	}
}

// NeedPython returns the checkout's Python, which has nbgrader. It skips the test if
// there is none, or if -short is set.
func NeedPython(t testing.TB) (python string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs nbgrader")
	}
	python, err := checkout.Python(".")
	if errors.Is(err, checkout.ErrNoPython) {
		t.Skip(err)
	}
	return python
}

// CommandIn prepares to run a program in a folder.
func CommandIn(t testing.TB, folder, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = folder
	return cmd
}

// Messages returns what a result says about an exercise and about the submission as a
// whole.
func Messages(r course.Result, exercise string) (all []string) {
	problems := slices.Clone(r.Problems)
	for _, n := range r.Notebooks {
		problems = append(problems, n.Problems...)
		for _, e := range n.Exercises {
			if e.Name != exercise {
				continue
			}
			problems = append(problems, e.Problems...)
			for _, test := range e.Tests {
				all = append(all, fmt.Sprintf("%s: %s", test.Status, strings.Join(test.Messages, "; ")))
			}
		}
	}
	for _, p := range problems {
		all = append(all, fmt.Sprintf("%s: %s", p.Kind, p.Text))
	}
	return all
}
