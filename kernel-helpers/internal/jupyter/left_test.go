package jupyter

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// shortTemp is t.TempDir() with a path that leaves room for a socket's.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "jt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// nothingLeft checks, when the test is over, that no file of a kernel and no
// goroutine of this package is left.
func nothingLeft(t *testing.T) {
	t.Helper()
	temp := shortTemp(t)
	t.Setenv("TMPDIR", temp)
	t.Cleanup(func() {
		if files, _ := filepath.Glob(filepath.Join(temp, "*")); len(files) > 0 {
			t.Errorf("left in the temporary folder: %v", files)
		}
		// A goroutine that has done its work may take a moment to go.
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			left := ours()
			if len(left) == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines left:\n%s", len(left), strings.Join(left, "\n\n"))
				return
			}
		}
	})
}

// ours returns the stacks of goroutines started by this package or by zmq4,
// tests' own left out.
func ours() []string {
	buf := make([]byte, 1<<20)
	var left []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "kernel-helpers/internal/jupyter.") && !strings.Contains(stack, "jupyter.Test") &&
			!strings.Contains(stack, "jupyter.TestMain") && !strings.Contains(stack, "jupyter.ours") ||
			strings.Contains(stack, "go-zeromq/zmq4.") {
			left = append(left, stack)
		}
	}
	return left
}
