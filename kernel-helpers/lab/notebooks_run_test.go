//go:build notebooks

package lab_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	ipynb "example.com/speedup/kernel-helpers/internal/notebook"
)

var onlyFirst = flag.Bool("first", false, "run the first notebook alone: the browser tests run the others")

// TestNotebooksRunAgainAsCommitted runs copies of the notebooks with bin/nbrun, in
// order and in one folder as a reader does, and compares their outputs with those
// that are committed. A third of them runs each day, and all in a long run.
func TestNotebooksRunAgainAsCommitted(t *testing.T) {
	dir := t.TempDir()
	committed, all := committedNotebooks(t)
	names := longtest.Daily(3, all)
	if *onlyFirst {
		names = all[:1]
	}
	nbrun, err := filepath.Abs(filepath.Join("..", "..", "bin", "nbrun"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), committed[name].Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.CommandContext(t.Context(), nbrun, append([]string{"--inplace", "--kernel", "gonb"}, names...)...)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("nbrun: %v\n%s", err, out)
	}
	inOrder := slices.Equal(names, all[:len(names)])
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			again, err := ipynb.Read(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, committed[name], again, inOrder)
		})
	}
}
