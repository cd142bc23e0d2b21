package checkout

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/modfile"
)

func TestTheModulePathIsThatOfGoMod(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Module(), modfile.ModulePath(text); got != want {
		t.Errorf("got the module %q, want %q", got, want)
	}
}

func TestACheckoutIsFoundFromAnyFolderWithin(t *testing.T) {
	want, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{".", "../../../../notebooks", "no-such-file"} {
		if got, err := Find(from); err != nil || got != want {
			t.Errorf("from %s: got %q (%v), want %q", from, got, err, want)
		}
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module "+Module()+"x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !Contains(".") || Contains(other) {
		t.Errorf("got Contains %v here and %v in another module, want true and false", Contains("."), Contains(other))
	}
}
