package course

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNoLinkIsFollowedToAnotherStudentsFolder(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim", "ps1")
	if err := errors.Join(os.MkdirAll(victim, 0o755), os.WriteFile(filepath.Join(victim, "secret"), []byte("x"), 0o600), os.Mkdir(filepath.Join(dir, "eve"), 0o755),
		os.Symlink("../victim/ps1", filepath.Join(dir, "eve", "ps1")), os.Symlink("victim", filepath.Join(dir, "mallory"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if text, err := ReadPlain(root, "victim/ps1/secret"); err != nil || string(text) != "x" {
		t.Errorf("a plain file: got %q, %v", text, err)
	}
	for _, name := range []string{"eve/ps1/secret", "mallory/ps1/secret"} {
		if text, err := ReadPlain(root, name); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: got %q, %v, want that it is not read", name, text, err)
		}
	}
}
