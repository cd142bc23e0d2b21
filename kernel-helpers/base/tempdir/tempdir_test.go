package tempdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMakeCreatesAShortPrivateFolder(t *testing.T) {
	short, long := t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	for temp, want := range map[string]string{short: short, long: "/tmp"} {
		t.Setenv("TMPDIR", temp)
		path, err := Make("tempdir-test-", len(short))
		if err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		if dir := filepath.Dir(path); dir != want || !strings.HasPrefix(filepath.Base(path), "tempdir-test-") {
			t.Errorf("got %s, want a folder in %s with the prefix", path, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("got %v, %v; want mode 0700", info.Mode(), err)
		}
	}
}

func TestRemoveRemovesUnwritableFolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	inner := filepath.Join(path, "a", "b")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inner, "file"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{inner, filepath.Dir(inner), path} {
		if err := os.Chmod(dir, 0o500); err != nil { // so that only root can remove its contents
			t.Fatal(err)
		}
	}
	for range 2 { // the folder no longer exists for the second call
		if err := Remove(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want that the folder does not exist", err)
	}
}
