// Package longtest determines how much of a long test is run: a sample or all
// of it.
package longtest

import (
	"iter"
	"maps"
	"os"
	"slices"
	"testing"
)

// Variable is the environment variable that requests all of each long test. The
// command ./install.sh test --long sets it to 1.
const Variable = "SPEEDUP_LONG"

// Pick returns all if [Variable] is set to 1, else sample.
func Pick[T any](sample, all T) T {
	if os.Getenv(Variable) == "1" {
		return all
	}
	return sample
}

// Every returns the cases of a table in the order of their names: all of them if
// [Variable] is set to 1, else every n-th, beginning with the first.
func Every[V any](n int, table map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range Nth(n, slices.Sorted(maps.Keys(table))) {
			if !yield(name, table[name]) {
				return
			}
		}
	}
}

// Nth returns all of list if [Variable] is set to 1, else every n-th element,
// beginning with the first.
func Nth[T any](n int, list []T) []T {
	var picked []T
	for part := range slices.Chunk(list, Pick(n, 1)) {
		picked = append(picked, part[0])
	}
	return picked
}

// Only skips a test that is too long for a sample unless [Variable] is set to 1. The
// tests beside it are the sample then.
func Only(t testing.TB) {
	t.Helper()
	if !Pick(false, true) {
		t.Skip("it is long: set " + Variable + "=1")
	}
}
