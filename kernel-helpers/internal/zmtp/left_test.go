package zmtp

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func sameFrames(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// nothingLeft checks, when the test is over, that no goroutine of this package
// and no socket's file is left. It returns a folder whose path leaves room for
// a socket's.
func nothingLeft(t *testing.T) (dir string) {
	t.Helper()
	leaktest.Goroutines(t, "internal/zmtp", "go-zeromq/zmq4")
	dir, err := os.MkdirTemp("/tmp", "zt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
			t.Errorf("left in the temporary folder: %v", files)
		}
		os.RemoveAll(dir)
	})
	return dir
}
