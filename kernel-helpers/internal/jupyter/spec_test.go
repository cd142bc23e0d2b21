package jupyter

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// home sets up a home folder without any Jupyter files.
func home(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for _, name := range []string{"JUPYTER_PATH", "JUPYTER_DATA_DIR", "XDG_DATA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"} {
		t.Setenv(name, "")
	}
	t.Setenv("PATH", filepath.Join(dir, "nothing"))
	t.Setenv("JUPYTER_PREFER_ENV_PATH", "") // makes the test restore it
	os.Unsetenv("JUPYTER_PREFER_ENV_PATH")
	return dir
}

// install puts a kernel spec below a data folder.
func install(t *testing.T, data, name, content string) string {
	t.Helper()
	dir := filepath.Join(data, "kernels", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel.json"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func executable(t *testing.T, file string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

const goSpec = `{"argv":["gonb","{connection_file}"],"display_name":"Go","language":"go","interrupt_mode":"message","env":{"A":"b"},"metadata":{"x":1}}`

func TestKernelSpecsAreFoundWhereJupyterLooks(t *testing.T) {
	h := home(t)
	userData := filepath.Join(h, ".local", "share", "jupyter")
	t.Setenv("XDG_DATA_HOME", filepath.Join(h, ".local", "share"))
	if runtime.GOOS == "darwin" {
		userData = filepath.Join(h, "Library", "Jupyter")
	}
	venv := filepath.Join(h, "venv")
	executable(t, filepath.Join(venv, "bin", "python3"))
	t.Setenv("PATH", filepath.Join(venv, "bin"))
	t.Setenv("JUPYTER_PATH", filepath.Join(h, "path1")+string(filepath.ListSeparator)+filepath.Join(h, "path2"))

	// From the last place searched to the first: each new one hides those
	// before.
	for _, data := range []string{filepath.Join(venv, "share", "jupyter"), userData, filepath.Join(h, "path2"), filepath.Join(h, "path1")} {
		want := install(t, data, "golang", goSpec)
		spec, err := FindSpec("GoLang")
		if err != nil || spec.Dir != want {
			t.Errorf("got %s, %v; want %s", spec.Dir, err, want)
		}
	}
	mine := filepath.Join(h, "mine")
	install(t, mine, "golang", goSpec)
	spec, err := FindSpec("golang", filepath.Join(mine, "kernels"))
	if err != nil || spec.Dir != filepath.Join(mine, "kernels", "golang") {
		t.Errorf("got %s, %v; want the caller's folder first", spec.Dir, err)
	}
	if spec.Name != "golang" || spec.InterruptMode != "message" || spec.Env["A"] != "b" || spec.DisplayName != "Go" || len(spec.Argv) != 2 || string(spec.Metadata) != `{"x":1}` {
		t.Errorf("got %+v, want the values in kernel.json", spec)
	}
	t.Setenv("JUPYTER_DATA_DIR", filepath.Join(h, "data"))
	t.Setenv("JUPYTER_PATH", "")
	want := install(t, filepath.Join(h, "data"), "golang", goSpec)
	if spec, err := FindSpec("golang"); err != nil || spec.Dir != want {
		t.Errorf("JUPYTER_DATA_DIR: got %s, %v; want %s", spec.Dir, err, want)
	}
}

func TestAVirtualEnvironmentComesBeforeTheUsersFolder(t *testing.T) {
	h := home(t)
	t.Setenv("JUPYTER_DATA_DIR", filepath.Join(h, "data"))
	venv := filepath.Join(h, "venv")
	t.Setenv("VIRTUAL_ENV", venv)
	users := install(t, filepath.Join(h, "data"), "golang", goSpec)
	venvs := install(t, filepath.Join(venv, "share", "jupyter"), "golang", goSpec)
	if err := os.WriteFile(filepath.Join(venv, "pyvenv.cfg"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"": venvs, "1": venvs, "0": users, "No": users} {
		if value != "" {
			t.Setenv("JUPYTER_PREFER_ENV_PATH", value)
		}
		if spec, err := FindSpec("golang"); err != nil || spec.Dir != want {
			t.Errorf("JUPYTER_PREFER_ENV_PATH=%q: got %s, %v; want %s", value, spec.Dir, err, want)
		}
		os.Unsetenv("JUPYTER_PREFER_ENV_PATH")
	}
}

func TestFindSpecListsInstalledKernels(t *testing.T) {
	h := home(t)
	t.Setenv("JUPYTER_PATH", h)
	install(t, h, "one", goSpec)
	install(t, h, "Two", goSpec)
	os.Mkdir(filepath.Join(h, "kernels", "no-kernel"), 0o755)
	install(t, h, "not a name", goSpec)
	_, err := FindSpec("three")
	var none *NoSpecError
	if !errors.As(err, &none) {
		t.Fatalf("got error %v, want a NoSpecError", err)
	}
	// The machine may have kernels below /usr.
	if none.Name != "three" || !slices.Contains(none.Installed, "one") || !slices.Contains(none.Installed, "two") ||
		slices.Contains(none.Installed, "no-kernel") || slices.Contains(none.Installed, "not a name") {
		t.Errorf("got %+v, want three, with one and two installed", none)
	}
	for _, want := range []string{`"three"`, "one", "two", filepath.Join(h, "kernels"), "/usr/share/jupyter/kernels"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestErrorsNameTheKernelSpec(t *testing.T) {
	h := home(t)
	t.Setenv("JUPYTER_PATH", h)
	for name, content := range map[string]string{
		"json": "{", "argv": `{"argv":[]}`, "mode": `{"argv":["x"],"interrupt_mode":"shout"}`,
	} {
		dir := install(t, h, name, content)
		if _, err := FindSpec(name); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got error %v, want one that names %s", name, err, dir)
		}
	}
	install(t, h, "good", `{"argv":["x"]}`)
	specs, err := Specs()
	if err == nil {
		t.Error("Specs reported no error for the invalid specs")
	}
	i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == "good" })
	if i < 0 || specs[i].InterruptMode != "signal" {
		t.Errorf("the valid spec is missing in %v", specs)
	}
}

func TestTheEnvironmentIsThatOfJupyter(t *testing.T) {
	spec := Spec{Language: "Python", Env: map[string]string{
		"PATH": "/mine:${PATH}", "A": "$HOME/$$/${NOBODY}/$NOBODY/$", "B": "${A}", "C": "$1 ${ } $HOMEX",
	}}
	got := environment([]string{"PATH=/usr/bin", "HOME=/root", "PYTHONEXECUTABLE=/x", "A=old=value", "KEPT=1"}, spec, "KEPT=2", "NEW=3")
	want := []string{"A=/root/$/${NOBODY}/$NOBODY/$", "B=old=value", "C=$1 ${ } $HOMEX", "HOME=/root", "KEPT=2", "NEW=3", "PATH=/mine:/usr/bin"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestTheCommandLineIsFilledIn(t *testing.T) {
	h := home(t)
	prefix := filepath.Join(h, "venv")
	dir := install(t, filepath.Join(prefix, "share", "jupyter"), "k", goSpec)
	own := executable(t, filepath.Join(prefix, "bin", "python3"))
	other := executable(t, filepath.Join(h, "other", "kernel"))
	env := []string{"PATH=relative:" + filepath.Join(h, "other")}

	for argv0, want := range map[string]string{"python3": own, "kernel": other, "/abs/kernel": "/abs/kernel"} {
		program, args, err := commandLine(Spec{Dir: dir, Argv: []string{argv0, "{connection_file}", "-d={resource_dir}", "{prefix}", "{other}"}}, "/tmp/c.json", env)
		if err != nil || program != want {
			t.Errorf("%s: got %s, %v; want %s", argv0, program, err, want)
		}
		if want := []string{argv0, "/tmp/c.json", "-d=" + dir, prefix, "{other}"}; !slices.Equal(args, want) {
			t.Errorf("got %q, want %q", args, want)
		}
	}
	if _, _, err := commandLine(Spec{Dir: dir, Argv: []string{"python3.99"}}, "", env); err == nil || !strings.Contains(err.Error(), "python3.99") {
		t.Errorf("got error %v, want one that names the program", err)
	}
	if _, _, err := commandLine(Spec{Dir: dir}, "", env); err == nil {
		t.Error("commandLine accepted a spec without argv")
	}
}
