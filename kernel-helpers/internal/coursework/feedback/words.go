package feedback

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// kindWords returns what a kind of problem means.
func kindWords(k course.ProblemKind) string {
	switch k {
	case course.Check:
		return "A person checks this"
	case course.Note:
		return "Costs nothing"
	case course.Missing:
		return "Missing"
	case course.Compile:
		return "Does not compile"
	case course.Refused:
		return "Against the rules"
	case course.Broken:
		return "Not readable"
	}
	return untrusted.Clean(string(k))
}

// statusWords says how a test ended.
func statusWords(s course.Status) string {
	switch s {
	case course.Crashed:
		return "the program ended during the test"
	case course.TimedOut:
		return "still running when its time was up"
	case course.Raced:
		return "a data race"
	case course.Limited:
		return "exceeded a limit"
	}
	return untrusted.Clean(string(s))
}

// shownMessages returns a test's messages without the probe's picture made of
// characters, which is for notebooks. The feedback has a drawing instead, and for
// hidden tests none.
func shownMessages(t course.TestResult) []string {
	return slices.DeleteFunc(slices.Clone(t.Messages), func(m string) bool { return strings.HasPrefix(m, "the calls over time:") })
}

// sortedProblems returns the problems of a notebook, the most expensive kinds
// first.
func sortedProblems(r course.Result, n course.NotebookResult) []course.Problem {
	problems := slices.Concat(r.Problems, n.Problems)
	for _, e := range n.Exercises {
		problems = append(problems, e.Problems...)
	}
	order := []course.ProblemKind{course.Broken, course.Refused, course.Compile, course.Missing, course.Check, course.Note}
	slices.SortStableFunc(problems, func(a, b course.Problem) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return slices.Compact(problems)
}

// passedTests returns how many of an exercise's tests passed.
func passedTests(e course.ExerciseResult) int {
	passed := 0
	for _, t := range e.Tests {
		if t.Status == course.Passed {
			passed++
		}
	}
	return passed
}

// oneLine returns text as one line that is safe to show.
func oneLine(text string) string {
	return strings.Join(strings.Fields(untrusted.Clean(text)), " ")
}

// formatPoints formats points with at most two decimals.
func formatPoints(points float64) string {
	return strconv.FormatFloat(math.Round(points*100)/100, 'f', -1, 64)
}

// plural returns "1 call", "2 calls" and so on.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}
