package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	coursework.Main() // the sandbox starts this program again
	testscript.Main(m, map[string]func(){"coursework": main})
}

// TestScripts runs the scripts in testdata/script, which document the command: its
// help, exit statuses, errors and JSON. Each starts in a folder of its own inside the
// checkout, with the sample course in course.
func TestScripts(t *testing.T) {
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(root, ".lab") // what git ignores
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	work, err := os.MkdirTemp(state, "scripts-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(work) })
	sample := coursetest.Dir(t)
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("coursework")
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Fields(string(out))
	scripttest.Run(t, testscript.Params{
		Dir:         "testdata/script",
		WorkdirRoot: work,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOCACHE", caches[0])
			env.Setenv("GOMODCACHE", caches[1])
			env.Setenv("COURSEWORK", program) // for scripts that change PATH
			env.Setenv("OUTSIDE", t.TempDir())
			return os.CopyFS(filepath.Join(env.WorkDir, "course"), os.DirFS(sample))
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "nbgrader":
				_, err := checkout.Python(root)
				return err == nil, nil
			}
			return false, nil
		},
	})
}
