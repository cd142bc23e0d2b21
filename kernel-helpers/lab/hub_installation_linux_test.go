//go:build !browser && !notebooks

package lab_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// install makes a small installation for many users in the class's folder: what
// `./install.sh prepare --shared` makes, without the caches that Go cells need. The
// packages of .venv and the programs are those of the checkout, by hard links.
func (c *testClass) install() {
	t := c.t
	t.Helper()
	venv := filepath.Join(c.checkout, ".venv")
	if _, err := os.Stat(filepath.Join(venv, "bin/jupyterhub")); err != nil {
		t.Skip("JupyterHub is not in .venv: `./install.sh test` and `./install.sh hub` install it")
	}
	python := publicPython(t, venv)
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	list.Dir = c.checkout
	tracked, err := list.Output()
	if err != nil {
		t.Skipf("the checkout is not a git clone, whose files could be listed: %v", err)
	}
	root := filepath.Join(c.dir, "speedup")
	for name := range strings.SplitSeq(strings.TrimSuffix(string(tracked), "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(c.checkout, name)); err == nil && !strings.HasSuffix(name, ".go") {
			copyFile(t, filepath.Join(c.checkout, name), filepath.Join(root, name))
		}
	}
	for _, name := range []string{".venv", "bin"} {
		out, err := exec.CommandContext(t.Context(), "cp", "-al", filepath.Join(c.checkout, name), filepath.Join(root, name)).CombinedOutput()
		if err != nil {
			t.Skipf("no hard links from the checkout to %s: %s", c.dir, out)
		}
	}
	c.usePython(root, venv, python)
	must(t, os.Chmod(filepath.Join(root, "notebooks/coursework/source"), 0o700))

	shared := filepath.Join(root, ".lab/shared")
	for _, name := range []string{"build", "gopls", "mod"} {
		must(t, os.MkdirAll(filepath.Join(shared, name), 0o755))
	}
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(shared, "id"), []byte("test\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(shared, "goroot"), goroot, 0o644))
	spec, err := os.ReadFile(filepath.Join(c.checkout, "kernel-helpers/lab/kernel-shared.json"))
	must(t, err)
	path := root + "/bin:" + strings.TrimSpace(string(goroot)) + "/bin"
	for old, replacement := range map[string]string{"@CHECKOUT@": root, "@PATH@": path, "@GOPROXY@": "off", "@NAME@": "Go (gonb)"} {
		spec = bytes.ReplaceAll(spec, []byte(old), []byte(replacement))
	}
	c.replace(filepath.Join(root, ".venv/share/jupyter/kernels/gonb/kernel.json"), spec)
	for name, source := range map[string]string{"nbgrader_config.py": "nbgrader_config.py", "jupyter_config.py": "jupyter_config.py"} {
		text, err := os.ReadFile(filepath.Join(root, "kernel-helpers/lab", source))
		must(t, err)
		c.replace(filepath.Join(root, ".venv/etc/jupyter", name), text)
	}
	c.checkout = root
}

// usePython lets the copied venv run on a Python that everybody may use: the
// checkout's may be in a home folder.
func (c *testClass) usePython(root, old, python string) {
	c.t.Helper()
	venv := filepath.Join(root, ".venv")
	scripts, err := os.ReadDir(filepath.Join(venv, "bin"))
	must(c.t, err)
	for _, entry := range scripts {
		file := filepath.Join(venv, "bin", entry.Name())
		if strings.HasPrefix(entry.Name(), "python") {
			must(c.t, os.Remove(file))
			must(c.t, os.Symlink(python, file))
		} else if text, err := os.ReadFile(file); err == nil && bytes.HasPrefix(text, []byte("#!"+old)) {
			c.replace(file, bytes.Replace(text, []byte("#!"+old), []byte("#!"+venv), 1))
		}
	}
	c.replace(filepath.Join(venv, "pyvenv.cfg"), fmt.Appendf(nil, "home = %s\ninclude-system-site-packages = false\n", filepath.Dir(python)))
}

// replace writes a file anew, because the old one is a link to the checkout's.
func (c *testClass) replace(name string, text []byte) {
	c.t.Helper()
	mode := os.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode()
	}
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		c.t.Fatal(err)
	}
	must(c.t, os.WriteFile(name, text, mode))
}

// publicPython returns a Python of the venv's version that all users may run.
func publicPython(t *testing.T, venv string) string {
	t.Helper()
	libraries, err := filepath.Glob(filepath.Join(venv, "lib/python3.*"))
	must(t, err)
	if len(libraries) != 1 {
		t.Fatalf("%s: got the libraries %q, want one", venv, libraries)
	}
	version := filepath.Base(libraries[0])
	for _, candidate := range []string{filepath.Join(venv, "bin/python"), "/usr/local/bin/" + version, "/usr/bin/" + version} {
		if path, err := filepath.EvalSymlinks(candidate); err == nil && openToAll(path) {
			return path
		}
	}
	t.Skipf("no %s that all users may run: the checkout's own is in a folder that only its owner may enter", version)
	return ""
}

// openToAll reports whether everybody may enter each folder above path.
func openToAll(path string) bool {
	for path != "/" {
		path = filepath.Dir(path)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
	}
	return true
}
