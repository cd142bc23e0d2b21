//go:build unix

package gonb

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What can be tested only from inside GoNB.
func TestInsidePatchedGoNB(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds GoNB twice")
	}
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	test, err := os.ReadFile(filepath.Join("testdata", "output_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	sources := filepath.Join(b.dir, "sources")
	if err := os.WriteFile(filepath.Join(sources, "gonb", "internal", "jpyexec", "output_test.go"), test, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-overlay", filepath.Join(sources, "overlay.json"), Module+"/internal/jpyexec")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
