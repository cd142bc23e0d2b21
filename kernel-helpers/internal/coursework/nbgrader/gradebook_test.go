package nbgrader

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestAnAnswerOfPythonThatIsTooLongIsAnErrorAtOnce(t *testing.T) {
	dir := t.TempDir()
	python := filepath.Join(dir, ".venv", "bin", "python")
	if err := os.MkdirAll(filepath.Dir(python), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "go.mod"): "module " + checkout.Module() + "\n",
		python:                       "#!/bin/sh\nread line\nhead -c 3000000 /dev/zero | tr '\\0' x\nexec cat\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := WriteGradebook(ctx, dir, []course.Result{coursetest.ExampleResult("ada")}); !errors.Is(err, bufio.ErrTooLong) || !strings.Contains(err.Error(), "ada") {
		t.Errorf("got the error %v, want that the answer about ada is too long", err)
	}
}
