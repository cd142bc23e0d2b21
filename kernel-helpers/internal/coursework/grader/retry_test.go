package grader

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

func TestASandboxThatCantBeSetUpIsNotTheAnswersFault(t *testing.T) {
	// This bubblewrap works until the file fails exists.
	dir := t.TempDir()
	fails := filepath.Join(dir, "fails")
	script := "#!/bin/sh\n[ -e " + fails + " ] || exit 0\necho bwrap: no more processes >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "bwrap"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	b := newTestGrader(t)
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	short, err := sandbox.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short.RetryDelays = nil
	b.sandbox = short
	if err := os.WriteFile(fails, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := coursetest.Exercise(t, "count")
	_, err = b.Grade(t.Context(), []*course.Exercise{e}, [][]course.Code{e.Answers}, nil)
	if _, isShort := errors.AsType[*sandbox.SetupError](err); !isShort {
		t.Errorf("got the error %v, want a SetupError", err)
	}
}

func TestAFullDiskSaysWhatToDo(t *testing.T) {
	g := newTestGrader(t)
	workspace, err := g.sandbox.NewWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	defer workspace.Remove()
	b := &builder{workspace: workspace, kit: g.kit}
	_, stopped, err := b.tool(t.Context(), workspace.Dir, nil, "/bin/sh", "-c", "echo 'link: write tests: no space left on device' >&2; exit 2")
	if stopped || err == nil || !strings.Contains(err.Error(), "free some space, or set TMPDIR") {
		t.Errorf("got %v (stopped: %t), want an error with the remedy", err, stopped)
	}
}
