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

// Discreet has the assertions of all probes say what is wrong without a value:
// neither what was asked for nor what came, which an answer may have made of the
// test's input to learn that. It is for a grader's hidden tests.
func Discreet(on bool) { discreet.Store(on) }

// failf fails the test with a message, or with what may be said where no value may.
func failf(t testing.TB, discreetly, format string, args ...any) {
	t.Helper()
	if discreet.Load() {
		t.Error(discreetly)
		return
	}
	t.Errorf(format, args...)
}

// withoutValue says what a panic was about: Go's own reasons, without the values that
// these may name, and of an answer's own value nothing but that there was one.
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
