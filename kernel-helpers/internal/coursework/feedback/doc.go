// Package feedback writes what students get back: for each notebook a page and a
// notebook with their points, what the tests got and wanted, and drawings of what
// the probes measured.
//
// Of a hidden test, the student sees its name, messages and points. Everything
// that comes from an answer is shown as text; the page runs nothing and loads
// nothing.
//
// The files build on each other in this order: words.go, picture.go, waits.go,
// page.go, notebook.go, feedback.go.
package feedback
