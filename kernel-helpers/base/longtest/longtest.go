// Package longtest determines how much of a long test is run: a sample or all
// of it.
package longtest

import (
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Variable is the environment variable that requests all of each long test. The
// command ./install.sh test --long sets it to 1.
const Variable = "SPEEDUP_LONG"

// DayVariable is the environment variable that sets the day for [Daily], a number.
const DayVariable = "SPEEDUP_DAY"

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
func Nth[T any](n int, list []T) []T { return from(0, n, list) }

// Daily returns all of list if [Variable] is set to 1, else every n-th element,
// beginning with another one each day, so that the runs of n days in a row have them
// all. The day is that of the year in UTC, or what [DayVariable] says: a failure is
// seen again with the day of its run.
func Daily[T any](n int, list []T) []T {
	day, err := strconv.Atoi(os.Getenv(DayVariable))
	if err != nil {
		day = time.Now().UTC().YearDay()
	}
	return from(day, n, list)
}

// from returns all of list if [Variable] is set to 1, else every n-th element,
// beginning with the one at first modulo n.
func from[T any](first, n int, list []T) (picked []T) {
	n = Pick(n, 1)
	for i, item := range list {
		if i%n == first%n {
			picked = append(picked, item)
		}
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
