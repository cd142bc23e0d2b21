package zmtp

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func sameFrames(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// nothingLeft checks, when the test is over, that no goroutine of this package
// and no socket's file is left. It returns a folder whose path leaves room for
// a socket's.
func nothingLeft(t *testing.T) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "zt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
			t.Errorf("left in the temporary folder: %v", files)
		}
		os.RemoveAll(dir)
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
	return dir
}

// ours returns the stacks of goroutines started by this package or by zmq4,
// tests' own left out.
func ours() []string {
	buf := make([]byte, 1<<20)
	var left []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "internal/zmtp.") && !strings.Contains(stack, "zmtp.Test") && !strings.Contains(stack, "zmtp.ours") ||
			strings.Contains(stack, "go-zeromq/zmq4.") {
			left = append(left, stack)
		}
	}
	return left
}
