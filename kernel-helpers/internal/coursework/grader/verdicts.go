package grader

import (
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

// ending is how a test program ended and what it printed.
type ending struct {
	status  course.Status // of the test that ran then
	exit    string        // in words
	code    int           // exit status; 0 if the program was stopped from outside
	log     string        // standard output
	printed string        // standard error
}

// raceExit is the exit status of a program that the race detector stopped.
const raceExit = 66

// raced reports whether the race detector stopped the program.
func (e ending) raced() bool {
	return e.code == raceExit && raceBlock.MatchString(e.printed)
}

// startError reports that a program ended before its first test, while the
// variables of the answers were initialized.
type startError struct {
	status  course.Status
	printed string
	exit    string
}

func (e *startError) Error() string { return "the tests could not begin: " + e.exit }

// outcomes combines what the judge saw with how the program ended. It returns the
// outcomes of the first tests, at least one; after a test that didn't pass there
// are none. A test passes only if nothing contradicts it.
func (j *judge) outcomes(end ending) (map[string]outcome, error) {
	if end.raced() {
		end.status, end.exit = course.Raced, "the race detector stopped the program"
	}
	if j.asked == 0 {
		return nil, &startError{status: end.status, printed: end.printed, exit: end.exit}
	}
	outcomes := map[string]outcome{}
	for i, name := range j.tests[:j.asked] {
		mark := j.nonces[name]
		o := outcome{log: partOf(end.log, mark, j.nonces), printed: partOf(end.printed, mark, j.nonces), runs: j.runs[name], took: j.took[name]}
		if c := j.seen[name]; c != nil {
			o.observed, o.differences, o.review = c.observed, c.differences, c.doubt
		}
		passed, done := j.passed[name]
		last := i == j.asked-1
		more := j.asked < len(j.tests) // further tests should have been asked for
		switch {
		case !done:
			o.status, o.exit = end.status, end.exit
			if end.status == course.Raced || end.status == course.Crashed {
				o.review = end.exit
			}
		case !passed:
			o.status = course.Failed
		case last && (end.code != 0 || end.status == course.Raced):
			o.status, o.exit, o.review = end.status, end.exit, fmt.Sprintf("the test passed, and then the program ended with exit status %d", end.code)
		case last && more && j.contradiction == "":
			o.status, o.exit, o.review = end.status, end.exit, "the test passed, and then the program ended without running the next"
		default:
			o.status = course.Passed
		}
		if o.status == course.Passed && raceBlock.MatchString(o.printed) {
			o.status, o.review = course.Raced, "the test passed although there is a race report"
		}
		if j.contradiction != "" && name == j.blamed {
			o.review = "what the test program reported contradicts itself: " + j.contradiction
			if o.status == course.Passed {
				o.status, o.contradictory = course.Failed, true
			}
		}
		outcomes[name] = o
		if o.status != course.Passed {
			return outcomes, nil
		}
	}
	return outcomes, nil
}

// partOf returns what a program printed after the mark with a nonce and before
// the next mark.
func partOf(text, nonce string, nonces map[string]string) string {
	_, part, found := strings.Cut(text, "\n"+nonce+" ")
	if !found {
		return ""
	}
	_, part, _ = strings.Cut(part, "\n") // the rest of the mark's line
	for _, other := range nonces {
		part, _, _ = strings.Cut(part, "\n"+other+" ")
	}
	return part
}

// testName names a test in a program: EXERCISE/TEST.
func testName(e *course.Exercise, c course.Case) string {
	return fmt.Sprintf("%s/%s", e.Name, c.Name)
}
