//go:build browser

// Package lab_test contains the browser tests. They run the notebooks in the
// checkout's JupyterLab as a user does, in a real Chromium:
//
//	go test -tags browser ./kernel-helpers/lab/
//
// They need JupyterLab, which `./install.sh lab` installs, and Chromium. The
// environment variable SPEEDUP_CHROME names another browser. SPEEDUP_SHOTS is
// the absolute path of an existing folder for pictures of the pages. The screenshots
// of failures are in .lab/screenshots.
package lab_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	serverVariable = "SPEEDUP_BROWSER_SERVER" // the server, as JSON, for the process that runs the tests
	marker         = "SPEEDUP_BROWSER_RUN"    // set for all processes of a run, to find those that are left
)

// TestMain runs the tests in a child process. The parent process owns
// JupyterLab, the kernels and the temporary folder, so that it can remove them
// even if the tests panic, time out or are interrupted.
func TestMain(m *testing.M) {
	if description, ok := os.LookupEnv(serverVariable); ok {
		os.Exit(runTests(m, description))
	}
	code, err := hostTests()
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser tests:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// hostTests starts JupyterLab and then this program again to run the tests. It
// ends all processes, and returns the exit status of the tests.
func hostTests() (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(),
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP)
	defer stop()
	if _, err := findChromium(); err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "speedup-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer func() {
		if lingered := killMarked(marker + "=" + dir); len(lingered) > 0 {
			fmt.Fprintln(os.Stderr, "browser tests: killed processes that JupyterLab and Chromium left:", strings.Join(lingered, ", "))
		}
	}()

	server, err := startServer(ctx, dir)
	if err != nil {
		return 1, cmp.Or(context.Cause(ctx), err)
	}
	defer server.stop()

	description, err := json.Marshal(server)
	if err != nil {
		return 1, err
	}
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	tests := exec.CommandContext(ctx, self, os.Args[1:]...)
	tests.Env = append(os.Environ(), serverVariable+"="+string(description), marker+"="+dir)
	tests.Stdin, tests.Stdout, tests.Stderr = os.Stdin, os.Stdout, os.Stderr
	tests.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tests.Cancel = func() error { return syscall.Kill(-tests.Process.Pid, syscall.SIGTERM) }
	tests.WaitDelay = 5 * time.Second
	err = tests.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if ctx.Err() != nil {
		return 1, context.Cause(ctx)
	}
	return 0, err
}

// fixture holds the server and the browser that all tests use.
var fixture struct {
	server  *server
	browser context.Context
}

func runTests(m *testing.M, description string) int {
	if err := json.Unmarshal([]byte(description), &fixture.server); err != nil {
		fmt.Fprintf(os.Stderr, "browser tests: $%s: %v\n", serverVariable, err)
		return 1
	}
	browser, stop, err := startChromium(filepath.Join(fixture.server.Dir, "chromium"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser tests:", err)
		return 1
	}
	defer stop()
	fixture.browser = browser
	return m.Run()
}
