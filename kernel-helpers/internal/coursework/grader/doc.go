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
// The files build on each other in this order: fingerprint.go, race.go and
// outcome.go (what happened, in words), build.go, verdicts.go, clock.go, run.go,
// grader.go, turns.go.
package grader
