package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func script(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindPythonFindsTheCheckoutsPython(t *testing.T) {
	t.Setenv(PythonVariable, "")
	checkout := t.TempDir()
	inside := filepath.Join(checkout, "notebooks", "coursework")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	if path, err := FindPython(""); !errors.Is(err, ErrNoPython) {
		t.Errorf("without a .venv: got %q, %v; want ErrNoPython", path, err)
	}
	want := script(t, filepath.Join(checkout, ".venv", "bin", "python"), "")
	got, err := FindPython("")
	if err != nil {
		t.Fatal(err)
	}
	if !sameFile(t, got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	other := script(t, filepath.Join(t.TempDir(), "python"), "")
	t.Setenv(PythonVariable, other)
	if got, err := FindPython(""); err != nil || got != other {
		t.Errorf("with $%s: got %s, %v; want %s", PythonVariable, got, err, other)
	}
	if got, err := FindPython(filepath.Join(checkout, "none")); err == nil || errors.Is(err, ErrNoPython) {
		t.Errorf("a missing Python: got %s, %v; want another error than ErrNoPython", got, err)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	infoA, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	infoB, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(infoA, infoB)
}

func TestOpenPythonFailsWithoutVersions(t *testing.T) {
	for text, want := range map[string]string{
		"echo hello":                 `printed "hello"`,
		"echo '{}'":                  `printed "{}"`,
		"echo broken >&2; exit 3":    "exit status 3: broken",
		"echo '{\"python\": 3}' # 3": "want its versions",
	} {
		path := script(t, filepath.Join(t.TempDir(), "python"), text)
		_, err := OpenPython(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got error %v, want the path and %q", text, err, want)
		}
	}
}
