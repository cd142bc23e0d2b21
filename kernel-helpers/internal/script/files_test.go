package script

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.Remove(filepath.Join(os.TempDir(), "goimports")) // x/tools makes it where it finds itself in a test
	os.Exit(status)
}

func writeFile(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
