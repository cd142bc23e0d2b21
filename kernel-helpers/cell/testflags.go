package cell

import (
	"slices"
	"strings"
)

// testFlags are the flags of go test that it passes on to the test program, which
// knows them with the prefix "test.".
var testFlags = strings.Fields("artifacts bench benchmem benchtime blockprofile blockprofilerate count cpu cpuprofile failfast " +
	"fullpath fuzz fuzzminimizetime fuzztime list memprofile memprofilerate mutexprofile mutexprofilefraction outputdir " +
	"parallel run short shuffle skip timeout trace v")

// TestFlags returns the arguments of %test for a test program: the flags of go test
// get their prefix, so that -run=X is -test.run=X. Other words, and all that follow
// -args, are passed on as they are.
func TestFlags(words []string) []string {
	words = slices.Clone(words)
	for i, word := range words {
		if word == "-args" || word == "--args" {
			return slices.Delete(words, i, i+1)
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		if strings.HasPrefix(word, "-") && slices.Contains(testFlags, name) {
			words[i] = "-test." + name
			if strings.Contains(word, "=") {
				words[i] += "=" + value
			}
		}
	}
	return words
}
