package course

import (
	"slices"
	"testing"
)

func TestReviewNamesEachReasonOncePerExercise(t *testing.T) {
	r := Result{Notebooks: []NotebookResult{{Exercises: []ExerciseResult{
		{Name: "a", Tests: []TestResult{{Review: "a race"}, {}, {Review: "a race"}, {Review: "an end"}}},
		{Name: "b", Tests: []TestResult{{}}},
	}}}}
	if got, want := r.Review(), []string{"a: a race (tests: 2)", "a: an end (tests: 1)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
