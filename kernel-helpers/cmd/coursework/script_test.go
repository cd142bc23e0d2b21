package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/coursework"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
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
	caches := strings.Fields(string(out))
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		WorkdirRoot:         work,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOCACHE", caches[0])
			env.Setenv("GOMODCACHE", caches[1])
			env.Setenv("OUTSIDE", t.TempDir())
			return os.CopyFS(filepath.Join(env.WorkDir, "course"), os.DirFS(sample))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"status": status},
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

// status runs a program and fails unless it exits with a status: "status 2 coursework
// grade".
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}
