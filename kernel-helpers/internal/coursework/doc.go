// Package coursework makes, releases, checks and grades assignments whose grade
// is about concurrency: most in flight, order, lost errors, leaks, races,
// deadlines.
//
// A course is a folder in nbgrader's layout (source/, release/, submitted/,
// autograded/, feedback/, gradebook.db), its notebooks carry nbgrader's cell
// metadata (schema 3), and nbgrader's own tools open it. What nbgrader does in
// the student's kernel, running the tests, happens here instead: answers are
// taken out of the submission by their grade_id, held against rules, built with
// the instructor's tests and run in a sandbox.
//
// # An assignment
//
// Of a notebook in source/, the code cells with nbgrader metadata count:
//
//   - locked, not graded: shared declarations, seen by every exercise;
//   - solution, not graded: an answer cell. The part between
//     // BEGIN SOLUTION and // END SOLUTION is the reference solution;
//   - graded, locked: a test cell. It begins with %test, holds functions
//     TestName(t *testing.T) and their helpers, and those between
//     // BEGIN HIDDEN TESTS and // END HIDDEN TESTS are hidden. The doc comment
//     of each ends with the line "Points: 2"; the sum is the cell's points.
//     A student reads the messages of hidden tests. When grading, those of
//     package probe come without values there, and so do panics; what a test
//     says itself by t.Error had better not name its inputs.
//
// An exercise is the answer cells since the last test cell, and the test cell
// that follows. Each is a package of its own, of all the locked cells before it,
// its answer cells and its test cell, so that no exercise needs another to be
// right. Cells that are graded and solutions are for a person to grade.
//
// An answer cell's metadata may forbid imports that answers else may use, as
// "coursework": {"forbid": ["golang.org/x/sync/errgroup"]}.
//
// Files mutants/ASSIGNMENT/NOTEBOOK/EXERCISE/NAME.go.txt are wrong answers that
// [Verify] holds the tests against. Their first lines are a comment: what is
// wrong, and "Fails: TestName" for the tests that are meant for it.
package coursework
