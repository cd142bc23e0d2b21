package probe

import (
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

var (
	discreet  atomic.Bool
	functions atomic.Pointer[[]string] // that discreet messages may name
)

// Discreet makes the messages of all probes omit values, both measured values
// and wanted ones: an answer may have made the former from the test's input in
// order to reveal it. For the same reason they name no functions but those
// listed, for example Each or Stock.Take, and give no lines and no numbers of
// goroutines. It is meant for a grader's hidden tests.
func Discreet(on bool, names ...string) {
	functions.Store(&names)
	discreet.Store(on)
}

// closures matches what a stack trace appends to the name of a function for the
// functions in it, and for type arguments.
var closures = regexp.MustCompile(`\[\.\.\.\]|(\.(func)?\d+|\.gowrap\d+|-range\d+|-fm|\.deferwrap\d+)+$`)

// mayName returns the listed function that a function of a stack trace is or
// belongs to, or "".
func mayName(function string) string {
	name := closures.ReplaceAllString(shortName(function), "")
	name = closures.ReplaceAllString(name, "")
	if method, found := strings.CutPrefix(name, "(*"); found {
		name = strings.Replace(method, ")", "", 1)
	}
	if names := functions.Load(); names != nil && slices.Contains(*names, name) {
		return name
	}
	return ""
}

// describeDiscreetly lists what goroutines wait for, and in which of the listed
// functions, each only once and sorted.
func describeDiscreetly(all []goroutine) string {
	var lines []string
	for _, g := range all {
		text := g.state
		for _, f := range g.frames {
			if name := mayName(f.function); name != "" {
				text += " in " + name
				break
			}
		}
		if g.began != nil {
			if name := mayName(g.began.function); name != "" {
				text += ", started in " + name
			}
		}
		lines = append(lines, "    "+text+"\n")
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

// failf fails the test with a message, or with discreetly in discreet mode.
func failf(t testing.TB, discreetly, format string, args ...any) {
	t.Helper()
	if discreet.Load() {
		t.Error(discreetly)
		return
	}
	t.Errorf(format, args...)
}

// withoutValue describes a panic without values. It keeps the reason given by
// Go's runtime, but not the values in it. Of a value from the answer it only
// says that there was one.
func withoutValue(failure any) string {
	err, ok := failure.(runtime.Error)
	if t := reflect.TypeOf(failure); !ok || typePackage(t) != "runtime" {
		return "panic, with a value of the answer's own"
	}
	text := err.Error()
	for _, end := range []string{" [", ": interface", ": main", "; "} {
		text, _, _ = strings.Cut(text, end)
	}
	return fmt.Sprint("panic: ", text)
}

func typePackage(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}
