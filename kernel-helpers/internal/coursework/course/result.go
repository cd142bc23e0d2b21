package course

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Result is the outcome of grading one submission, and the content of
// results/ASSIGNMENT/STUDENT.json. Grading the same submission twice with the
// same assignment and toolchain gives equal points, and equal Results apart from
// what a racy or crashing answer prints by chance.
type Result struct {
	Course      string           `json:"course"` // the course's title, from coursework.json
	Assignment  string           `json:"assignment"`
	Student     string           `json:"student"`
	Submitted   time.Time        `json:"submitted,omitzero"`     // from the submission's timestamp.txt
	Absent      bool             `json:"absent,omitempty"`       // on the roster, and nothing was handed in
	SubmittedBy string           `json:"submitted_by,omitempty"` // whose submission this is, if it is another member's of the group
	DaysLate    int              `json:"days_late,omitempty"`
	Penalty     float64          `json:"penalty,omitempty"`  // points taken off for lateness
	Score       float64          `json:"score"`              // of the tests, after the penalty
	MaxScore    float64          `json:"max_score"`          // of the tests
	ToGrade     float64          `json:"to_grade,omitempty"` // points that a person gives
	Notebooks   []NotebookResult `json:"notebooks"`
	Problems    []Problem        `json:"problems,omitempty"` // of the submission as a whole: a missing or unreadable file
	Inputs      string           `json:"inputs"`             // digest of submission, assignment and toolchain; the same inputs need no new grading
}

// Review returns what a person should look at: for each exercise, the reasons that
// its tests give and how many tests give them.
func (r Result) Review() (reasons []string) {
	for _, n := range r.Notebooks {
		for _, e := range n.Exercises {
			counts := map[string]int{}
			var order []string
			for _, t := range e.Tests {
				if counts[t.Review]++; t.Review != "" && counts[t.Review] == 1 {
					order = append(order, t.Review)
				}
			}
			for _, reason := range order {
				reasons = append(reasons, fmt.Sprintf("%s: %s (tests: %d)", e.Name, reason, counts[reason]))
			}
		}
	}
	return reasons
}

// NotebookResult is the part of a Result that one notebook contributes.
type NotebookResult struct {
	Name      string           `json:"name"` // file name without .ipynb
	Exercises []ExerciseResult `json:"exercises"`
	Problems  []Problem        `json:"problems,omitempty"` // missing, copied and changed cells
}

// ExerciseResult is the outcome of one exercise.
type ExerciseResult struct {
	Name     string       `json:"name"`  // grade_id of its first answer cell
	Cell     string       `json:"cell"`  // grade_id of its test cell
	Score    float64      `json:"score"` // the sum of its tests' points
	MaxScore float64      `json:"max_score"`
	Tests    []TestResult `json:"tests"` // each expected test once, in order
	Problems []Problem    `json:"problems,omitempty"`
	Check    bool         `json:"check,omitempty"`  // a person has to look at the result
	Output   string       `json:"output,omitempty"` // what the answer printed, truncated
	Answer   []AnswerCell `json:"answer,omitempty"` // what was graded
}

// AnswerCell is the text of an answer cell as it was graded.
type AnswerCell struct {
	Cell   string `json:"cell"` // grade_id
	Source string `json:"source"`
}

// Status says how a test ended.
type Status string

// The ways in which a test ends. Only Passed gives points.
const (
	Passed   Status = "passed"
	Failed   Status = "failed"    // the test found a fault
	Crashed  Status = "crashed"   // the program ended during it: an exit, a fatal error, or a panic outside of a probe
	TimedOut Status = "timed out" // it was still running when its time was up
	Raced    Status = "race"      // the race detector reported a data race
	Limited  Status = "limit"     // it exceeded a limit of memory, output, processor time or processes
	NotRun   Status = "not run"   // refused, not compiled, or not handed in
)

// TestResult is the outcome of one test.
type TestResult struct {
	Name      string   `json:"name"`           // for example TestPoolKeepsOrder
	Asks      string   `json:"asks,omitempty"` // the test's doc comment: what it requires
	Hidden    bool     `json:"hidden,omitempty"`
	Points    float64  `json:"points"` // 0 unless passed
	MaxPoints float64  `json:"max_points"`
	Status    Status   `json:"status"`
	Messages  []string `json:"messages,omitempty"` // what the test got and wanted, a sentence each
	Race      string   `json:"race,omitempty"`     // the race report, reduced to lines of the answer's cells; "" for hidden tests
	Review    string   `json:"review,omitempty"`   // why a person should look at the answer: a race, a sudden end, reports that contradict each other
	Waits     []Wait   `json:"waits,omitempty"`    // what the goroutines of a program that stood still waited for; nil for hidden tests
	Runs      []Run    `json:"runs,omitempty"`     // what the test's probes measured; nil for hidden tests
}

// Wait is goroutines that wait for the same thing in the same place.
type Wait struct {
	Count   int    `json:"count"`
	State   string `json:"state"`             // "waiting to send on results"
	On      string `json:"on,omitempty"`      // "results", as the answer calls it
	Missing string `json:"missing,omitempty"` // "nobody receives"
	Place   string `json:"place,omitempty"`   // "line 16 of merge"
}

// Run is what one probe measured: the calls of the injected workload, on the
// test's clock, which inside a synctest bubble is the bubble's.
type Run struct {
	Name         string `json:"name"`
	MostInFlight int    `json:"most_in_flight"`
	Calls        []Call `json:"calls"`          // by start, at most 200
	Left         int    `json:"left,omitempty"` // how many more calls there were
}

// Call is one call of the injected workload.
type Call struct {
	Name  string        `json:"name"`
	Start time.Duration `json:"start"` // since the probe began; nanoseconds in JSON
	End   time.Duration `json:"end"`
	State string        `json:"state"` // "done", "failed", "cancelled" or "unfinished"
}

// Problem is a fact about a submission that its student and its teacher see.
type Problem struct {
	Kind ProblemKind `json:"kind"`
	Cell string      `json:"cell,omitempty"` // grade_id
	Line int         `json:"line,omitempty"` // in the cell, from 1
	Text string      `json:"text"`           // one sentence
}

// Place says where the problem is: "pool, line 3", a part of that, or "".
func (p Problem) Place() string {
	where := untrusted.Clean(p.Cell)
	if p.Line > 0 {
		where = strings.TrimPrefix(where+", ", ", ") + "line " + strconv.Itoa(p.Line)
	}
	return where
}

// ProblemKind says what a Problem means for the grade.
type ProblemKind string

// The kinds of problem.
const (
	Check   ProblemKind = "check"   // a person has to look: something was guessed, put together or left out
	Note    ProblemKind = "note"    // costs nothing: a special command that was ignored, a copied cell
	Missing ProblemKind = "missing" // an answer that isn't there
	Compile ProblemKind = "compile" // the exercise doesn't compile
	Refused ProblemKind = "refused" // against the rules: the exercise isn't run and scores 0
	Broken  ProblemKind = "broken"  // the file can't be read as a notebook
)

// Untouched is the text of a [Missing] problem about an answer that is as it was
// handed out.
const Untouched = "this answer is unchanged since it was handed out"

// Standing is what nbgrader's gradebook says about a submission.
type Standing struct {
	Score    float64 `json:"score"` // with the points that a person gave, without the penalty
	MaxScore float64 `json:"max_score"`
	Marks    []Mark  `json:"marks"`
}

// Mark is what a person graded, or has yet to grade, in nbgrader's formgrader.
type Mark struct {
	Notebook string  `json:"notebook"`
	Cell     string  `json:"cell"` // grade_id
	Score    float64 `json:"score"`
	MaxScore float64 `json:"max_score"` // 0 if there is only a comment
	Graded   bool    `json:"graded"`
	Comment  string  `json:"comment"`
}
