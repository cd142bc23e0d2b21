// Package leaktest checks in tests that no goroutine and no process is left
// behind.
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

// Wait calls is until it returns true, and fails the test after a minute. what
// describes the awaited state for the error.
func Wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	if !until(time.Minute, is) {
		t.Fatalf("waited a minute: %s", what)
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

// Gone reports whether a process has exited. A zombie counts as gone.
func Gone(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}

// Goroutines checks when the test ends that no goroutine is left that runs code
// of the given packages or was started by them. It ignores goroutines of the
// packages' tests. A package is given by the last elements of its path, such as
// "internal/zmtp". Goroutines have five seconds to end.
func Goroutines(t testing.TB, packages ...string) {
	t.Helper()
	t.Cleanup(func() {
		var left []string
		if !until(5*time.Second, func() bool { left = goroutines(packages); return len(left) == 0 }) {
			t.Errorf("got %d goroutines left, want none:\n%s", len(left), strings.Join(left, "\n\n"))
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
