package compile

import (
	"os"
	"strings"
	"testing"
)

func TestReplacedFunctionsAreNamedIfThisGoLacksThem(t *testing.T) {
	file := t.TempDir() + "/maps.go"
	if err := os.WriteFile(file, []byte("package maps\n\nfunc Copy() { copied() }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := replaceBodies(file, map[string]string{"Clone": "{}"}); err == nil {
		t.Error("got no error for a Go release without maps.Clone, want one")
	}
	text, err := replaceBodies(file, map[string]string{"Copy": "{ other() }"})
	if err != nil || !strings.Contains(string(text), "{ other() }") || strings.Contains(string(text), "copied") {
		t.Errorf("got %s, %v; want the body replaced", text, err)
	}
}
