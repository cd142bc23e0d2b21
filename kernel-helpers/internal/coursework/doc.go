// Package coursework makes, releases, checks and grades assignments whose grades
// measure concurrency: calls in flight, order, lost errors, leaks, data races,
// deadlines.
//
// Each verb of the command coursework is a function or a method of [Course], with
// one result type. nbgrader would run the tests in the student's kernel; here the
// answers are taken out of the submission by their grade_id, checked against rules,
// compiled with the course's tests, and run in a sandbox.
//
// The packages below build on each other in this order:
//
//   - untrusted: makes text from students safe to show
//   - checkout: finds the checkout; runs its go command and Python
//   - sandbox: runs programs apart from the rest of the machine
//   - course: the data of a course, and what a course looks like on disk
//   - roster: the class list
//   - mutate: makes wrong answers of right ones
//   - grader: grades answers to exercises
//   - similar: compares answers
//   - stats: summarises the results of a class
//   - gradefile: writes grades for learning platforms
//   - feedback: writes what students get back
//   - nbgrader: releases, and nbgrader's gradebook
//   - doctor: finds out what is missing on a machine
//   - intake: takes notebooks that were handed in as files
//
// Package coursetest has what tests of these packages share.
//
// The files of this package build on each other in this order: coursework.go,
// makefolder.go, new.go, check.go, verify.go, generated.go, release.go, handout.go,
// workflow.go, collect.go, class.go, similarity.go, export.go, removed.go, grade.go,
// feedback.go, gradefiles.go.
package coursework
