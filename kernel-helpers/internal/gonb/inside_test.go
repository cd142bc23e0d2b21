//go:build unix

package gonb

import (
	"encoding/json"
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
	test, err := filepath.Abs(filepath.Join("testdata", "output_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(b.sources, "overlay.json"))
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &overlay); err != nil {
		t.Fatal(err)
	}
	overlay.Replace[filepath.Join(b.sources, "gonb", "internal", "jpyexec", "output_test.go")] = test
	if text, err = json.Marshal(overlay); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-vet=off", "-count=1", "-overlay", file, Module+"/internal/jpyexec")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
