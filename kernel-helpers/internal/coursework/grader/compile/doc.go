// Package compile compiles one exercise with a student's answers: it makes Go
// files of the cells, checks the answers against the rules, and runs the
// compiler. Because that reads source that nobody vetted, it happens inside the
// sandbox, in a process of its own that reads an [Order] and writes a [Reply].
//
// The rules look at the answer's text and types. What they miss, the sandbox
// stops.
//
// The files build on each other in this order: imports.go (what answers may
// import), overlay.go (the standard library for the race detector), kit.go (what
// all test programs share), names.go (what cells declare and use), file.go (a cell
// as a Go file), problems.go (the compiler's messages), exchange.go (the order and
// the reply), explain.go (what the compiler's messages mean), borrow.go (what answers
// use of other cells), blind.go (tests that don't know what is wanted), fresh.go
// (package-level variables that each test gets anew), rules.go, order.go.
package compile
