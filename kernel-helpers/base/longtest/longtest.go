// Package longtest determines how much of a long test is run: a sample or all
// of it.
package longtest

import "os"

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
