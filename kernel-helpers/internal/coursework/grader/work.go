package grader

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// work is one exercise to be graded.
type work struct {
	exercise *course.Exercise
	answers  []course.Code
	result   course.ExerciseResult
	compiled bool
}

// keyOf identifies answers to an exercise.
func keyOf(e *course.Exercise, answers []course.Code) (string, error) {
	text, err := json.Marshal([]any{e.Name, e.Shared, e.Tests, e.Forbid, answers})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// BlankResult returns the result of an exercise none of whose tests were run.
func BlankResult(e *course.Exercise) course.ExerciseResult {
	r := course.ExerciseResult{Name: e.Name, Cell: e.Tests.Cell}
	for _, c := range e.Cases {
		r.MaxScore += c.Points
		r.Tests = append(r.Tests, course.TestResult{Name: c.Name, Asks: c.Asks, Hidden: c.Hidden, MaxPoints: c.Points, Status: course.NotRun})
	}
	return r
}

// MaxPrinted is how much of what an answer prints is kept with its result, in
// bytes.
const MaxPrinted = 8000

// record puts the outcomes of an exercise's tests into its result.
func (w *work) record(outcomes map[string]outcome) {
	w.result.Tests, w.result.Score = nil, 0
	var printed string
	for _, c := range w.exercise.Cases {
		o := outcomes[testName(w.exercise, c)]
		t := o.result(w.exercise, c)
		if t.Status != course.Passed {
			o.explainWaits(&t, w.answers)
		}
		w.result.Score += t.Points
		w.result.Tests = append(w.result.Tests, t)
		if !c.Hidden {
			printed += raceBlock.ReplaceAllString(o.printed, "")
		}
	}
	w.result.Output = untrusted.Truncate(printed, MaxPrinted)
}
