package jupyter

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

// shortTemp is like t.TempDir, but its path is short enough for a socket below
// it.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "jt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// nothingLeft checks at the end of the test that no file of a kernel and no
// goroutine of this package is left.
func nothingLeft(t *testing.T) {
	t.Helper()
	leaktest.Goroutines(t, "kernel-helpers/internal/jupyter", "internal/zmtp", "go-zeromq/zmq4")
	temp := shortTemp(t)
	t.Setenv("TMPDIR", temp)
	t.Cleanup(func() {
		if files, _ := filepath.Glob(filepath.Join(temp, "*")); len(files) > 0 {
			t.Errorf("files left in the temporary folder: %v", files)
		}
	})
}
