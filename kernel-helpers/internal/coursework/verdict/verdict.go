// Package verdict is what a grader and the test programs that it starts say to
// each other: see package harness.
package verdict

import "example.com/speedup/kernel-helpers/probe"

// Descriptor is where a test program writes its Events, as JSON lines.
const Descriptor = 3

// Orders are what the grader writes to standard input: one JSON object.
type Orders struct {
	Nonce  string   `json:"nonce"`            // in every Event, and in the marks between what tests print
	Tests  []string `json:"tests"`            // EXERCISE/TEST, in the order to run them in
	Hidden []string `json:"hidden,omitempty"` // those of them whose messages shall tell no values
}

// Event is what happened.
type Event struct {
	Nonce  string        `json:"nonce"`
	Kind   string        `json:"kind"` // Start, Begin, End or Probe
	Test   string        `json:"test,omitempty"`
	Passed bool          `json:"passed,omitempty"` // of an End
	Probe  *probe.Report `json:"probe,omitempty"`
}

// The kinds of event.
const (
	Start = "start" // the sandbox stands; this one has no nonce, and comes before the test program
	Begin = "begin"
	End   = "end"
	Probe = "probe"
)

// Mark is printed to both streams before a test, to tell whose output it is.
func Mark(nonce, test string) string { return "\n" + nonce + " " + test + "\n" }
