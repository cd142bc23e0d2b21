package supervisor

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestCellsCanBeTypedInJupyterConsole types cells of several lines into a real
// jupyter console, which asks the kernel after each line whether a cell is complete.
func TestCellsCanBeTypedInJupyterConsole(t *testing.T) {
	b := tools(t)
	python := findPython(t, b.checkout, "jupyter_console, pexpect")
	dir := t.TempDir()
	writeRealSpec(t, dir, realArgv(t), patient)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	script, err := filepath.Abs(filepath.Join("testdata", "console.py"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, python, script, "gonb-under-test")
	cmd.Dir = dir
	cmd.Env = jupyterEnv(dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
