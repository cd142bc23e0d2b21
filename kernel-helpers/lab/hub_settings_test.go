//go:build !browser && !notebooks

package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hubPython runs Python with the modules of the Hub's configuration.
func hubPython(t *testing.T, python, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, append([]string{"-B", "-c", program}, args...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH=hub")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// A mistake in class.json is named, with the file and what is wanted.
func TestAMistakeInAClasssSettingsIsNamed(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	must(t, err)
	cases := map[string]string{
		`{"teachers": ["ada"], "students": ["ben"]}`: "",
		`{"teachers": ["ada"], "graders": ["ada"]}`:  "",
		`{"teachers": ["ada"`:                        "class.json is no JSON",
		`[]`:                                         "want an object",
		`{"teacher": ["ada"]}`:                       "there is no setting teacher; there are teachers",
		`{"teachers": "ada"}`:                        `teachers is "ada", want something like []`,
		`{"teachers": ["Ada Lovelace"]}`:             "cannot be an account's name",
		`{"students": ["../root"]}`:                  "cannot be an account's name",
		`{"students": ["speedup-course"]}`:           "cannot be an account's name",
		`{"teachers": ["ada"], "students": ["ada"]}`: "ada is a student and also a teacher",
		`{"spawner": "docker"}`:                      "want local or systemd",
		`{"login": "ldap"}`:                          "there is no setting login",
		`{"memory_mb": true}`:                        "memory_mb is true",
		`{"idle_minutes": -1}`:                       "want a number, or 0",
		`{"ports": [1, 2]}`:                          "want three numbers",
		`{"teachers": ["ada"], "processes": 5, "address": "http://[::1]:8"}`: "",
	}
	dir := t.TempDir()
	var args []string
	var wants []string
	for text, want := range cases {
		folder := filepath.Join(dir, "class", string(rune('a'+len(wants))))
		must(t, os.MkdirAll(folder, 0o755))
		must(t, os.WriteFile(filepath.Join(folder, "class.json"), []byte(text), 0o644))
		args, wants = append(args, folder), append(wants, want)
	}
	out, err := hubPython(t, python, `
import sys, settings
for folder in sys.argv[1:]:
    try:
        settings.Class(folder)
        print()
    except ValueError as e:
        print(e)
`, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		text, _ := os.ReadFile(filepath.Join(args[i], "class.json"))
		if (line == "") != (wants[i] == "") || !strings.Contains(line, wants[i]) {
			t.Errorf("%s: got %q, want %q", text, line, wants[i])
		}
	}
}

// Where memory cannot be limited, the reason is known; no server is refused for it.
func TestWithoutCgroupsTheReasonIsSaid(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	must(t, err)
	none, bare := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(bare, "cgroup.controllers"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(bare, "cgroup.subtree_control"), []byte("memory\n"), 0o644))
	out, err := hubPython(t, python, `
import pathlib, sys, limits
for folder in sys.argv[1:]:
    try:
        limits.Memory(pathlib.Path(folder))
        print("there are limits")
    except limits.NoCgroup as e:
        print(e)
`, none, bare)
	lines := strings.Split(out, "\n")
	if err != nil || !strings.Contains(lines[0], "memory/speedup: No such file") || !strings.Contains(lines[1], "No such file") {
		t.Errorf("got %v %q, want for each folder what is missing", err, out)
	}
}

// Each setting of the configuration exists in the class that is to have it: JupyterHub
// ignores others, and a student would have no limit.
func TestTheHubsSettingsExist(t *testing.T) {
	t.Parallel()
	python := filepath.Join("..", "..", ".venv/bin/python")
	if _, err := os.Stat(filepath.Join(filepath.Dir(python), "jupyterhub")); err != nil {
		t.Skip("JupyterHub is not in .venv: `./install.sh test` and `./install.sh hub` install it")
	}
	class := t.TempDir()
	must(t, os.WriteFile(filepath.Join(class, "class.json"), []byte(`{"teachers": ["ada"], "students": ["ben"], "spawner": "systemd"}`), 0o644))
	out, err := hubPython(t, python, `
import getpass, os, pathlib, sys
from traitlets.config import PyFileConfigLoader
import settings, spawner
settings.course_account = getpass.getuser()
spawner.runtime = pathlib.Path(sys.argv[1]) / "run"
os.environ["SPEEDUP_CLASS"] = sys.argv[1]
config = PyFileConfigLoader("jupyterhub_config.py", path="hub").load_config()
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator, PAMAuthenticator
from jupyterhub.proxy import ConfigurableHTTPProxy
from jupyterhub.spawner import Spawner
from systemdspawner import SystemdSpawner
known = {c.__name__: c for c in (JupyterHub, Authenticator, PAMAuthenticator, ConfigurableHTTPProxy, Spawner, SystemdSpawner)}
for section in config:
    for name in config[section]:
        trait = known[section].class_traits(config=True).get(name)
        if trait is None:
            print(f"{section}.{name}")
print(len(config))
`, class)
	if err != nil || strings.TrimSpace(out) != "6" {
		t.Errorf("got %v, settings that do not exist: %s; want none in 6 sections", err, out)
	}
}
