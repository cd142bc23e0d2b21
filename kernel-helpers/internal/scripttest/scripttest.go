// Package scripttest runs the scripts that document and test a command.
package scripttest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Run runs the scripts in p.Dir with [testscript.Run]. The caller's TestMain calls
// [testscript.Main] with the commands.
//
// Run sets those parameters in p that are the same for all commands. Programs are
// started only with exec, or with the additional script command
//
//	status N program [args...]
//
// which fails unless the program exits with the status N. Unless p has a
// WorkdirRoot, the work folders have short names, so that Unix sockets fit in
// them. A script fails if a program leaves files in its temporary folder.
func Run(t *testing.T, p testscript.Params) {
	if p.WorkdirRoot == "" {
		root, err := os.MkdirTemp("/tmp", "script")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(root); err != nil {
				t.Error(err)
			}
		})
		p.WorkdirRoot = root
	}
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		// By default, a program built with -race sleeps for a second when it exits.
		env.Setenv("GORACE", "atexit_sleep_ms=0")
		env.Defer(func() {
			if left, err := os.ReadDir(env.Getenv("TMPDIR")); err != nil || len(left) > 0 {
				t.Errorf("%s: got %v, %v in the temporary folder, want no files", filepath.Base(env.WorkDir), left, err)
			}
		})
		if setup != nil {
			return setup(env)
		}
		return nil
	}
	p.RequireExplicitExec = true
	p.RequireUniqueNames = true
	p.Cmds = map[string]func(*testscript.TestScript, bool, []string){"status": status}
	testscript.Run(t, p)
}

// status is the script command status.
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
