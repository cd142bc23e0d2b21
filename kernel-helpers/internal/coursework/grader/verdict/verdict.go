// Package verdict defines what a grader and the test programs that it starts
// send each other. Package harness is the test programs' side.
//
// A test program reads its [Plan] from standard input. Then, for each test, it
// sends an [Ask] and reads the [Order] for that test. The order's nonce is in all
// further events of the test: Begin, a Check for each assertion of package probe, one
// Probe for each probe, and End. A nonce
// exists nowhere before its test is asked for, so that events about a test can't
// be prepared before.
package verdict

import "example.com/speedup/kernel-helpers/probe"

// Descriptor is the file descriptor to which a test program writes its Events,
// as JSON lines.
const Descriptor = 3

// Plan is the first line of a test program's standard input, as JSON.
type Plan struct {
	Tests []string `json:"tests"` // EXERCISE/TEST, in the order to run
}

// Order is a further line of a test program's standard input: the answer to an
// Ask. The end of the input means that no further test is to run.
type Order struct {
	Test  string `json:"test"`
	Nonce string `json:"nonce"` // in the test's Events, and in the mark before its output

	Seed uint64 `json:"seed,omitempty"` // of the test's inputs; 0 means none

	// Discreet means that messages may show no values, and of functions only these:
	// the ones that the exercise asks for.
	Discreet  bool     `json:"discreet,omitempty"`
	Functions []string `json:"functions,omitempty"`
}

// Event reports what happened.
type Event struct {
	Nonce  string        `json:"nonce,omitempty"` // of the test's Order; Start and Ask have none
	Kind   string        `json:"kind"`
	Test   string        `json:"test,omitempty"`
	Passed bool          `json:"passed,omitempty"` // of an End
	Probe  *probe.Report `json:"probe,omitempty"`

	Observation *probe.Observation `json:"observation,omitempty"`
}

// The kinds of event.
const (
	Start = "start" // the sandbox is set up; precedes the test program
	Ask   = "ask"   // a test is about to begin
	Begin = "begin"
	End   = "end"
	Probe = "probe"
	Check = "check" // what an assertion saw
)

// Mark returns the text that precedes a test's output on both streams.
func Mark(nonce, test string) string { return "\n" + nonce + " " + test + "\n" }
