package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main(nil)
	os.Exit(m.Run())
}

func TestOnAMachineWithNothingEverythingIsMissingWithARemedy(t *testing.T) {
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, n := range Examine(t.Context(), root) {
		if n.Name == "nbgrader" { // not looked for on the PATH
			continue
		}
		if n.Found || n.Remedy == "" || n.Detail == "" || len(n.Verbs) == 0 {
			t.Errorf("got %+v, want it missing, with what is wrong and the remedy", n)
		}
	}
}

func TestWhatIsFoundHasNoRemedy(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go": "#!/bin/sh\necho go1.27.1\n", "git": "#!/bin/sh\necho git version 2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	found := map[string]Need{}
	for _, n := range Examine(t.Context(), t.TempDir()) {
		found[n.Name] = n
	}
	if n := found["Go"]; !n.Found || n.Detail != "go1.27.1" || n.Remedy != "" {
		t.Errorf("got %+v, want go1.27.1", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\necho go1.25.3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if n := Examine(t.Context(), t.TempDir())[0]; n.Found || n.Detail != "this is go1.25.3, want go1.26 or newer" {
		t.Errorf("got %+v, want that it is too old", n)
	}
}
