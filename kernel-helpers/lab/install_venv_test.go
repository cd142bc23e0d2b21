//go:build !browser && !notebooks

package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Without a network, a venv that was removed before its replacement was whole would
// be lost.
func TestAVenvIsKeptUntilItsReplacementIsWhole(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.done(nil, "prepare")
	p.write(".venv/mine", "of the old venv\n")
	p.write("kernel-helpers/lab/requirements.txt", "# other\n")
	mine := filepath.Join(p.checkout, ".venv/mine")
	for range 2 {
		if status, _, errs := p.run([]string{"UV_SAYS=no network", "PIP_SAYS=no network"}, "prepare"); status != 1 {
			t.Fatalf("without a network: got status %d, want 1\n%s", status, errs)
		}
		if _, err := os.Stat(mine); err != nil {
			t.Fatalf("after a failure: %v, want the old venv", err)
		}
	}

	// A run that was killed left a part of the new venv, and the old one aside.
	must(t, os.Rename(filepath.Join(p.checkout, ".venv"), filepath.Join(p.checkout, ".lab/venv.old")))
	p.write(".venv/part", "of the new venv\n")
	p.run([]string{"UV_SAYS=no network", "PIP_SAYS=no network"}, "prepare")
	if _, err := os.Stat(mine); err != nil {
		t.Fatalf("after a run that was killed: %v, want the old venv", err)
	}

	expect(t, "made with a network", p.done(nil, "prepare"), pythonPart)
	for _, name := range []string{".venv/mine", ".lab/venv.old"} {
		if _, err := os.Stat(filepath.Join(p.checkout, name)); !os.IsNotExist(err) {
			t.Errorf("%s: got %v, want it gone", name, err)
		}
	}
}

// An active venv, as in a terminal of lab or in a container's PATH, yields the same
// Python as before, so that it is not rebuilt.
func TestAnActiveVenvYieldsTheSamePython(t *testing.T) {
	t.Parallel()
	venv := filepath.Join(t.TempDir(), "venv")
	if out, err := exec.CommandContext(t.Context(), "python3", "-m", "venv", "--without-pip", venv).CombinedOutput(); err != nil {
		t.Skipf("no venv can be made here: %v\n%s", err, out)
	}
	find := func(path string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "bash", "-euc", `. ./say.sh; . ./failure.sh; . ./tools.sh; find_python; printf '%s %s' "$python" "$python_version"`)
		c.Env = append(os.Environ(), "PATH="+path)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("find_python: %v\n%s", err, out)
		}
		return string(out)
	}
	path := os.Getenv("PATH")
	before, active := find(path), find(filepath.Join(venv, "bin")+string(os.PathListSeparator)+path)
	if active != before || strings.Contains(active, venv) {
		t.Errorf("with the venv active: got %s, want %s as without", active, before)
	}
}
