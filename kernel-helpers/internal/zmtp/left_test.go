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

// nothingLeft checks at the end of the test that no goroutine of this package
// and no socket file is left. It returns a folder with a path that is short
// enough for socket files.
func nothingLeft(t *testing.T) (dir string) {
	t.Helper()
	leaktest.Goroutines(t, "internal/zmtp", "go-zeromq/zmq4")
	dir, err := os.MkdirTemp("/tmp", "zt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
			t.Errorf("got %v in the temporary folder, want no files", files)
		}
		os.RemoveAll(dir)
	})
	return dir
}
