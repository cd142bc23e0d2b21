// Package verdict defines what a grader and the test programs that it starts
// send each other. Package harness is the test programs' side.
package verdict

import "example.com/speedup/kernel-helpers/probe"

// Descriptor is the file descriptor to which a test program writes its Events,
// as JSON lines.
const Descriptor = 3

// Orders are what the grader writes to a test program's standard input: one JSON
// object.
type Orders struct {
	Nonce  string   `json:"nonce"`            // in every Event, and in the marks between the output of tests
	Tests  []string `json:"tests"`            // EXERCISE/TEST, in the order to run
	Hidden []string `json:"hidden,omitempty"` // the tests whose messages may not show values
}

// Event reports what happened.
type Event struct {
	Nonce  string        `json:"nonce"`
	Kind   string        `json:"kind"` // Start, Begin, End or Probe
	Test   string        `json:"test,omitempty"`
	Passed bool          `json:"passed,omitempty"` // of an End
	Probe  *probe.Report `json:"probe,omitempty"`
}

// The kinds of event.
const (
	Start = "start" // the sandbox is set up; it has no nonce and precedes the test program
	Begin = "begin"
	End   = "end"
	Probe = "probe"
)

// Mark returns the text that precedes a test's output on both streams.
func Mark(nonce, test string) string { return "\n" + nonce + " " + test + "\n" }
