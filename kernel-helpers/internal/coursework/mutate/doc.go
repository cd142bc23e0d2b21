// Package mutate makes wrong answers of right ones: each with one small mistake of
// the kinds that people make in concurrent code.
//
// The files build on each other in this order: edit.go, operators.go, mutate.go.
package mutate
