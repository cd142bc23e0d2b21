// Package grader grades answers to exercises. It compiles them with the course's
// tests under the race detector, runs the tests in a sandbox, and turns what the
// test programs report and print into results.
//
// One [Grader] serves a whole class. It compiles each exercise in a process inside
// the sandbox (package compile), links the exercises of a submission to one test
// program (package harness), and runs it without a network, within limits of
// time, memory, processes and output. After a test that doesn't pass, the rest
// runs in a new process.
//
// # What results promise
//
// A test program streams events: a test is asked for, begins, made these calls at
// these instants of its clock, ended. The grader's process gives each test a nonce
// when the test is asked for, checks order, number and consistency of the events,
// and compares them with the exit status and with race reports (judge.go). A test
// passes only if nothing contradicts it. A race report, a sudden end, or events
// that contradict each other fail the test and stop the program, and the result
// says that a person should look (Review). Visible and hidden tests run in
// processes of their own, the hidden ones last, and of the latter's output the
// student sees nothing but the messages of the tests. All programs of a submission
// share a budget of time and of processor time, their starts included.
//
// Promised, against an answer that keeps to Go's rules: it can't pass a test whose
// assertions fail, read another test's nonce, or change what the grader reads.
//
// Against an answer that wants to leave Go's rules: unsafe, reflection, cgo,
// compiler directives and what else opens a way are refused. A data race is the way
// that no rule closes. The race detector stops the program at the first one that it
// sees. Functions of the standard library that it doesn't see are replaced (maps.Clone)
// or refused (decoding of JSON); a test of package compile fails when a Go release
// adds one. The race detector may miss a race that it would see in another run.
//
// Not promised: the tests' assertions, expected values and inputs are in the memory
// of the program that also has the answer. An answer that gains control of that
// memory, by a race that nothing saw or by a fault of Go's, could forge consistent
// events for the tests of that process as they are asked for, and read the inputs
// of any. It would still be confined to the sandbox. Which hidden tests exist,
// whether they pass, which of the course's functions were running in a failed one,
// and for a sudden end the line, are visible to the student.
//
// The files build on each other in this order: fingerprint.go, functions.go,
// race.go and outcome.go (what happened, in words), build.go, judge.go (what the
// events prove), verdicts.go, clock.go, run.go, grader.go, turns.go.
package grader
