package grader

import (
	"context"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main(Tasks) // graders in these tests start this program in the sandbox
	m.Run()
}

// sharedKit is made once for all tests, as it is for all submissions of a class.
var sharedKit = sync.OnceValues(func() (*compile.Kit, error) {
	root, err := checkout.Find(".")
	if err != nil {
		return nil, err
	}
	return compile.NewKit(context.Background(), root, nil, true)
})

// sharedReferences returns the reference solutions' observations, which don't depend
// on the grader.
func sharedReferences(k *compile.Kit, s *sandbox.Sandbox) *references {
	onceReferences.Do(func() { allReferences = newReferences(k, s, startTime) })
	return allReferences
}

var (
	onceReferences sync.Once
	allReferences  *references
)

// newTestGrader returns a grader for the demo that waits less than usual.
func newTestGrader(t *testing.T) *Grader {
	t.Helper()
	coursetest.SkipGrading(t)
	s, err := sandbox.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k, err := sharedKit()
	if err != nil {
		t.Fatal(err)
	}
	g := newGrader(k, s, Options{StartTime: 30 * time.Second, TestTime: 3 * time.Second})
	g.references = sharedReferences(k, s)
	return g
}

// gradeOne grades one answer to an exercise of the demo.
func gradeOne(t *testing.T, g *Grader, exercise, answer string) course.ExerciseResult {
	t.Helper()
	e := coursetest.Exercise(t, exercise)
	results, err := g.Grade(t.Context(), []*course.Exercise{e}, [][]course.Code{{{Cell: exercise, Text: answer}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}
