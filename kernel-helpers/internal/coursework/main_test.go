package coursework

import (
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
)

func TestMain(m *testing.M) {
	Main() // graders in these tests start this program in the sandbox
	m.Run()
}

// openClass opens a course with the demo and these submissions.
func openClass(t testing.TB, answers map[string]map[string]string) *Course {
	t.Helper()
	coursetest.SkipGrading(t)
	return &Course{Folder: coursetest.NewClass(t, answers)}
}

// newTestGrader returns a grader for the demo that waits for tests at most
// testTime.
func newTestGrader(t *testing.T, testTime time.Duration) *grader.Grader {
	t.Helper()
	coursetest.SkipGrading(t)
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	g, err := grader.New(t.Context(), root, coursetest.Demo(t).Notebooks, grader.Options{StartTime: 15 * time.Second, TestTime: testTime})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
