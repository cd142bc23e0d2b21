package atomicfile

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAFileBelowARootIsReplacedAndALinkIsNotFollowed(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(elsewhere, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, text := range []string{"old", "new"} {
		if err := WriteFileIn(root, "file", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, filepath.Join(dir, "file"), text, 0o600)
	}
	check(t, elsewhere, "secret", 0o600)
	if err := WriteFileIn(root, "../out", nil, 0o600); err == nil {
		t.Error("got no error for a name that leads out of the root")
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFileIn(root, "folder", nil, 0o600); err == nil {
		t.Error("got no error for a folder of that name")
	}
	if got, want := names(t, dir), []string{"file", "folder"}; !slices.Equal(got, want) {
		t.Errorf("got the files %q, want %q", got, want)
	}
}
