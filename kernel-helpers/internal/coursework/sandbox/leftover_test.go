package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWorkspacesOfKilledProcessesAreRemoved(t *testing.T) {
	s := &Sandbox{base: t.TempDir()}
	used, err := s.NewWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	defer used.Remove()
	left, young, other := filepath.Join(s.base, workspaces+"1"), filepath.Join(s.base, workspaces+"2"), filepath.Join(s.base, "coursework-3")
	for _, dir := range []string{left, young, other} {
		if err := os.MkdirAll(filepath.Join(dir, "each"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-time.Hour)
	for _, dir := range []string{used.Dir, left, other} {
		if err := os.Chtimes(dir, past, past); err != nil {
			t.Fatal(err)
		}
	}
	second, err := s.NewWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Remove(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{left: false, used.Dir: true, young: true, other: true, second.Dir: false} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: got %v, want it to be there: %t", dir, err, want)
		}
	}
}
