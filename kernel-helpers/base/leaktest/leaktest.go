// Package leaktest lets tests see that nothing is left behind: no goroutine and
// no process.
package leaktest

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Wait waits until is reports true of a state that must come, and fails the
// test after a minute. What says what is awaited.
func Wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	if !until(time.Minute, is) {
		t.Fatalf("not within a minute: %s", what)
	}
}

func until(limit time.Duration, is func() bool) bool {
	for end := time.Now().Add(limit); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Gone reports whether a process has ended. One that nobody has waited for, a
// zombie, is gone too.
func Gone(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}

// Goroutines checks, when the test is over, that no goroutine is left that runs
// or was started by code of these packages, tests left out. A package is named
// by the last elements of its path, as in "internal/zmtp". A goroutine that has
// done its work may take a moment to go: it has five seconds.
func Goroutines(t testing.TB, packages ...string) {
	t.Helper()
	t.Cleanup(func() {
		var left []string
		if !until(5*time.Second, func() bool { left = goroutines(packages); return len(left) == 0 }) {
			t.Errorf("%d goroutines left:\n%s", len(left), strings.Join(left, "\n\n"))
		}
	})
}

// goroutines returns the stacks of the packages' goroutines.
func goroutines(packages []string) (found []string) {
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		for _, pkg := range packages {
			base := pkg[strings.LastIndexByte(pkg, '/')+1:]
			if strings.Contains(stack, pkg+".") && !strings.Contains(stack, base+".Test") && !strings.Contains(stack, "leaktest.goroutines") {
				found = append(found, stack)
				break
			}
		}
	}
	return found
}
