package probe

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

var discreet atomic.Bool

// Discreet makes the messages of all probes omit values, both measured values
// and wanted ones: an answer may have made the former from the test's input in
// order to reveal it. It is meant for a grader's hidden tests.
func Discreet(on bool) { discreet.Store(on) }

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
