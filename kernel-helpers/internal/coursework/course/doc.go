// Package course holds the data of a course: its folder and settings, its
// assignments with their notebooks, exercises and tests, what students handed in,
// and the results of grading.
//
// A course is a folder in nbgrader's layout (source/, release/, submitted/,
// autograded/, feedback/, gradebook.db). Its notebooks carry nbgrader's cell
// metadata (schema version 3), so nbgrader's own tools open them.
//
// # Assignments
//
// In a notebook of source/, the code cells with nbgrader metadata count:
//
//   - Locked, not graded: declarations that every exercise shares.
//   - Solution, not graded: an answer cell. The part between
//     // BEGIN SOLUTION and // END SOLUTION is the reference solution.
//   - Graded, locked: a test cell. It begins with %test and holds functions
//     TestName(t *testing.T) and their helpers. The ones between
//     // BEGIN HIDDEN TESTS and // END HIDDEN TESTS are hidden. The doc comment
//     of each test ends with a line such as "Points: 2"; their sum is the cell's
//     points. Students read the messages of hidden tests. While grading, the
//     messages of package probe come without values there, and so do panics.
//     A hidden test's own calls of t.Error should not print its inputs.
//
// An exercise consists of the answer cells since the last test cell and of the
// test cell that follows them. It is compiled as a package of its own from all
// locked cells before it, its answer cells and its test cell. What an answer uses
// of earlier answers and of the student's own cells is added; if tests then fail,
// the course's solution takes the earlier answer's place. A person grades the cells
// that are graded and also solutions.
//
// An answer cell's metadata may forbid imports that answers may otherwise use:
//
//	"coursework": {"forbid": ["golang.org/x/sync/errgroup"]}
//
// Files mutants/ASSIGNMENT/NOTEBOOK/EXERCISE/NAME.go.txt are wrong answers that
// the tests have to catch. Each begins with a comment that says what is wrong and
// has a line such as "// Fails: TestName" for the tests that should catch it.
//
// # Submissions
//
// Of a submitted notebook, only texts are used: [ParseSubmitted] finds out which
// are answers, also after cells were copied, split, merged, retyped, moved or
// pasted, and [Submitted.Rebuild] puts them into the course's own notebook, made
// safe to show. What it guessed is a [Problem] of kind [Check], which the teacher
// reads when grading and the student in the feedback.
//
// The files build on each other in this order: name.go, names.go, cell.go,
// result.go, late.go, layout.go, notebook.go, mutant.go, folder.go, plainfile.go,
// handedin.go, checksum.go, answernames.go, trim.go, assign.go, submitted.go, rebuild.go,
// submission.go, results.go.
package course
