package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExitStatusAndOutput(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 2, "", "--help"},
		{[]string{"a", "b"}, 2, "", "--help"},
		{[]string{"--nonsense"}, 2, "", "--help"},
		{[]string{"--help"}, 0, "Exit status", ""},
		{[]string{"a b"}, 1, "", "malformed import path"},
		{[]string{"example.com/b"}, 0, "go.mod\n1 files changed\n", ""},
		{[]string{"example.com/b"}, 0, "0 files changed\n", ""},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), c.args, root, &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) || (c.stderr == "") != (stderr.Len() == 0) {
			t.Errorf("rename-module %q: exit %d, printed %q and %q, want %d, %q and %q", c.args, code, stdout.String(), stderr.String(), c.code, c.stdout, c.stderr)
		}
	}
}
