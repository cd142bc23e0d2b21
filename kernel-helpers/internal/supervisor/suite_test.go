package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// skipped are the tests of jupyter_kernel_test that don't apply to this kernel.
// testdata/suite.py has the reasons.
var skipped = []string{"test_clear_output", "test_execute_result", "test_pager"}

func TestThePublicSuitePasses(t *testing.T) {
	b := tools(t)
	python := findPython(t, b.checkout, "jupyter_kernel_test")
	dir := t.TempDir()
	writeRealSpec(t, dir, realArgv(t), patient)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "suite.py"), "gonb-under-test")
	cmd.Env = jupyterEnv(dir)
	if b.gopls != "" {
		cmd.Env = append(cmd.Env, "HAS_GOPLS=1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var result struct {
		Ran             int
		Skipped, Failed map[string]string
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	for name, text := range result.Failed {
		t.Errorf("%s:\n%s", name, text)
	}
	if t.Failed() {
		t.Logf("the kernels' log:\n%s", stderr.String())
	}
	if strings.Contains(stderr.String(), "DATA RACE") {
		t.Errorf("got a data race in the kernels' log: %s", stderr.String())
	}
	for name, why := range result.Skipped {
		t.Logf("%s is skipped: %s", name, why)
	}
	if got := slices.Sorted(maps.Keys(result.Skipped)); !slices.Equal(got, skipped) {
		t.Errorf("got %v skipped, want %v", got, skipped)
	}
	t.Logf("%d tests ran", result.Ran)
}

// writeRealSpec writes the kernelspec gonb-under-test, with a command as realArgv
// returns it and the environment of realEnv.
func writeRealSpec(t *testing.T, dir string, argv []string, more ...string) {
	t.Helper()
	argv[slices.Index(argv, "{file}")] = "{connection_file}"
	env := map[string]string{}
	for _, e := range append(realEnv(t), more...) {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	writeSpec(t, dir, "gonb-under-test", argv, env)
}

// jupyterEnv returns the environment in which Jupyter's programs find the kernelspecs
// in dir, and leave their files there.
func jupyterEnv(dir string) []string {
	return append(os.Environ(), "JUPYTER_PATH="+dir, "JUPYTER_RUNTIME_DIR="+filepath.Join(dir, "runtime"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(dir, "config"), "IPYTHONDIR="+filepath.Join(dir, "ipython"),
		"PYTHONDONTWRITEBYTECODE=1", "GORACE=atexit_sleep_ms=0", "PYDEVD_DISABLE_FILE_VALIDATION=1")
}

// writeSpec writes a kernelspec that Jupyter finds with JUPYTER_PATH=dir.
func writeSpec(t *testing.T, dir, name string, argv []string, env map[string]string) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"argv": argv, "env": env, "display_name": name, "language": "go", "interrupt_mode": "message"})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "kernels", name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "kernel.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// findPython returns a Python that can import packages: the checkout's own or the one
// on PATH. It skips the test if there is none.
func findPython(t *testing.T, checkout, packages string) string {
	t.Helper()
	for _, python := range []string{filepath.Join(checkout, ".venv", "bin", "python"), "python3"} {
		if exec.Command(python, "-c", "import "+packages).Run() == nil {
			return python
		}
	}
	t.Skipf("no Python here has %s; ./install.sh makes one", packages)
	return ""
}
