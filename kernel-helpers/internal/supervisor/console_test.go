package supervisor

import (
	"context"
	"os"
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
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+dir, "JUPYTER_RUNTIME_DIR="+filepath.Join(dir, "runtime"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(dir, "config"), "IPYTHONDIR="+filepath.Join(dir, "ipython"),
		"PYTHONDONTWRITEBYTECODE=1", "GORACE=atexit_sleep_ms=0", "PYDEVD_DISABLE_FILE_VALIDATION=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
