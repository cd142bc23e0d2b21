package notebook

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// needKernel skips the test if a kernel isn't installed. It first looks in the
// checkout's .venv, which install.sh creates.
func needKernel(t testing.TB, name string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("it runs cells in the kernel %q", name)
	}
	venv, err := filepath.Abs("../../../.venv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(venv, "share/jupyter/kernels", name)); err == nil {
		t.Setenv("PATH", filepath.Join(venv, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	if _, err := jupyter.FindSpec(name); err != nil {
		t.Skipf("the kernel %q is not installed: run ./install.sh lab", name)
	}
}

// needNbclient returns a Python that has nbclient, or skips the test.
func needNbclient(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs nbclient")
	}
	for _, python := range []string{"python", "python3"} {
		if exec.Command(python, "-c", "import nbclient").Run() == nil {
			return python
		}
	}
	t.Skip("no Python with nbclient is installed: run ./install.sh lab")
	return ""
}
