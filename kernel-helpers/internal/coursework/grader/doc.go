// Package grader grades answers to exercises. It compiles them with the course's
// tests under the race detector, runs the tests in a sandbox, and turns what the
// test programs report and print into results.
//
// One [Grader] serves a whole class. It compiles each exercise in a process inside
// the sandbox (package compile), links the exercises of a submission to one test
// program (package harness), and runs it without a network, within limits of
// time, memory, processes and output. Limits of time leave out the time in which the
// program was ready and the machine did something else (package schedstat). After a
// test that doesn't pass, the rest runs in a new process.
//
// # What results promise
//
// A test program streams events: a test is asked for, begins, its assertions saw
// these calls at these instants of its clock and these values, it ended. The grader's
// process gives each test a nonce and the seed of its inputs when the test is asked
// for. It checks order, number and consistency of the events, and compares them with
// the exit status and with race reports (judge.go). A test passes only if nothing
// contradicts it. A race report, a sudden end, missing or additional observations, or
// events that contradict each other fail the test and stop the program, and the
// result says that a person should look (Review).
//
// What the assertions of package probe should see is not in the answer's program. Its
// tests are compiled without it (compile/blind.go), and only tell what they see. The
// same tests run with the reference solution in another program, with the same
// seeds, once in each run of the grader (reference.go). The grader's process compares
// the two (expect.go), and makes the messages.
//
// Visible and hidden tests run in processes of their own, the hidden ones last, and
// of the latter's output the student sees nothing but the messages of the tests. All
// programs of a submission share a budget of time and of processor time, their starts
// included.
//
// Promised, against an answer that keeps to Go's rules: it can't pass a test whose
// assertions fail, learn a hidden test's inputs before that test runs, read another
// test's nonce, or change what the grader reads.
//
// Against an answer that wants to leave Go's rules: unsafe, reflection, cgo,
// compiler directives and what else opens a way are refused. A data race is the way
// that no rule closes. The race detector stops the program at the first one that it
// sees. Functions of the standard library that it doesn't see are replaced (maps.Clone)
// or refused (decoding of JSON); a test of package compile fails when a Go release
// adds one. The race detector may miss a race that it would see in another run.
//
// An answer that gains control of the memory all the same, by a race that nothing saw
// or by a fault of Go's, finds no wanted results there to copy. It can still claim
// what it works out from the inputs, for each test as it is asked for: that calls
// overlapped which did not, that no time went by, that nothing is left. A consistent
// stream of that kind passes for the work of a right answer. To make one, it has to
// know the results that the tests ask for.
//
// All of a test is judged outside. What its own conditions said, those under which
// it calls t.Error, is observed too, outside of loops. The program's own word that a
// test failed is believed, and its word that it passed never is.
//
// Not promised: some of what is wanted stays in the answer's program, for a forged
// stream to claim.
//   - The conditions of t.Error, with the values in them. A forged stream claims that
//     none was met. The sets of this course use assertions in their hidden tests.
//   - The errors that KeptErrors looks for, which are inputs: others may have the same
//     text, so that only the program can tell whether an error is the very one. A
//     forged stream claims the texts of errors that it was given.
//   - NoneLeft wants nothing that could be hidden. A forged stream claims that no
//     goroutine is left, but has to let the calls end that it told of.
//   - An assertion whose wanted value is in a variable without other uses is compiled
//     as it is.
//   - Names, durations, limits and other inputs. Where a test makes no use of
//     [probe.Rand], they are the same for everybody.
//
// Such an answer would still be confined to the sandbox. Which hidden tests exist,
// whether they pass, which of the course's functions were running in a failed one,
// and for a sudden end the line, are visible to the student. On a student's machine
// (Options.Student) there is no reference solution: the tests evaluate themselves.
//
// The files build on each other in this order: fingerprint.go, functions.go,
// race.go and outcome.go (what happened, in words), standing.go (who waits for what),
// build.go, expect.go (what observations prove), judge.go (what events prove),
// verdicts.go, clock.go, run.go, work.go (an exercise to be graded), reference.go,
// grader.go, turns.go.
package grader
