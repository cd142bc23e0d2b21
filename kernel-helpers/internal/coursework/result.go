package coursework

import "time"

// Result is what grading one submission came to: the content of
// results/ASSIGNMENT/STUDENT.json in the course. Two gradings of the same
// submission with the same assignment and toolchain give equal points, and equal
// Results but for what a racy or crashing answer prints by chance.
type Result struct {
	Course     string           `json:"course"` // the course's title, from coursework.json
	Assignment string           `json:"assignment"`
	Student    string           `json:"student"`
	Submitted  time.Time        `json:"submitted,omitzero"` // of the submission's timestamp.txt
	DaysLate   int              `json:"days_late,omitempty"`
	Penalty    float64          `json:"penalty,omitempty"`  // points taken off for days late
	Score      float64          `json:"score"`              // after the penalty, without what a person grades
	MaxScore   float64          `json:"max_score"`          // of the tests
	ToGrade    float64          `json:"to_grade,omitempty"` // points that a person gives
	Notebooks  []NotebookResult `json:"notebooks"`
	Problems   []Problem        `json:"problems,omitempty"` // of the submission as a whole: a file that is missing, too large, no notebook
	Inputs     string           `json:"inputs"`             // digest of submission, assignment and toolchain: an equal digest needs no new grading
}

// NotebookResult is the part of one notebook of the assignment.
type NotebookResult struct {
	Name      string           `json:"name"` // file name without .ipynb
	Exercises []ExerciseResult `json:"exercises"`
	Problems  []Problem        `json:"problems,omitempty"` // cells that are missing, doubled, changed
}

// ExerciseResult is what one exercise came to: the answer cells and the test
// cell that follows them.
type ExerciseResult struct {
	Name     string       `json:"name"`  // grade_id of its first answer cell
	Cell     string       `json:"cell"`  // grade_id of its test cell
	Score    float64      `json:"score"` // sum of its tests' points
	MaxScore float64      `json:"max_score"`
	Tests    []TestResult `json:"tests"` // every expected test exactly once, in order
	Problems []Problem    `json:"problems,omitempty"`
	Output   string       `json:"output,omitempty"` // what the answer printed, bounded
	Answer   []AnswerCell `json:"answer,omitempty"` // what was graded
}

// AnswerCell is the text of an answer cell as it was graded.
type AnswerCell struct {
	Cell   string `json:"cell"` // grade_id
	Source string `json:"source"`
}

// Status is how a test ended.
type Status string

// The ways in which a test ends. Only Passed gives points.
const (
	Passed   Status = "passed"
	Failed   Status = "failed"    // the test said no
	Crashed  Status = "crashed"   // the program ended in it: an exit, a fatal error, a panic outside of a probe
	TimedOut Status = "timed out" // it was still running when its time was over
	Raced    Status = "race"      // the race detector reported a data race
	Limited  Status = "limit"     // memory, output, processor time or processes
	NotRun   Status = "not run"   // refused, did not compile, or nothing was handed in
)

// TestResult is how one test ended.
type TestResult struct {
	Name      string   `json:"name"`           // TestPoolKeepsOrder
	Asks      string   `json:"asks,omitempty"` // the test's doc comment: what it asks for, in a sentence
	Hidden    bool     `json:"hidden,omitempty"`
	Points    float64  `json:"points"` // 0 unless passed
	MaxPoints float64  `json:"max_points"`
	Status    Status   `json:"status"`
	Messages  []string `json:"messages,omitempty"` // what was expected and measured, a sentence each
	Race      string   `json:"race,omitempty"`     // the race report, with lines of the answer's cells; none of a hidden test
	Runs      []Run    `json:"runs,omitempty"`     // what the test's probes measured; none of a hidden test
}

// Run is what one probe saw of a test's run: the calls of the injected
// workload on the clock of the test, which is synctest's where it has one.
type Run struct {
	Name         string `json:"name"`
	MostInFlight int    `json:"most_in_flight"`
	Calls        []Call `json:"calls"` // by start; at most 200, Left says how many more there were
	Left         int    `json:"left,omitempty"`
}

// Call is one call of the injected workload.
type Call struct {
	Name  string        `json:"name"`
	Start time.Duration `json:"start"` // nanoseconds since the probe began
	End   time.Duration `json:"end"`
	State string        `json:"state"` // "done", "failed", "cancelled" or "unfinished"
}

// Problem is something about a submission that is told to student and teacher.
type Problem struct {
	Kind ProblemKind `json:"kind"`
	Cell string      `json:"cell,omitempty"` // grade_id
	Line int         `json:"line,omitempty"` // in the cell, from 1
	Text string      `json:"text"`           // one sentence
}

// ProblemKind says what a Problem means for the grade.
type ProblemKind string

// The kinds of problem.
const (
	Note    ProblemKind = "note"    // costs nothing: a special command that was left out, a cell twice
	Missing ProblemKind = "missing" // an answer that isn't there
	Compile ProblemKind = "compile" // the exercise doesn't compile
	Refused ProblemKind = "refused" // against the rules: the exercise isn't run and scores 0
	Broken  ProblemKind = "broken"  // the file can't be read as a notebook
)
