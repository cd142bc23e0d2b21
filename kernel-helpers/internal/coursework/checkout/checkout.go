// Package checkout finds the checkout of this repository that a course or a
// notebook is in, and runs the go command and Python in it.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// Module returns the path of the module that this program was built from, or ""
// if the program wasn't built by the go command.
var Module = sync.OnceValue(func() string {
	info, found := debug.ReadBuildInfo()
	if !found {
		return ""
	}
	return info.Main.Path
})

// Find returns the folder of the checkout that path is in. If it is in none,
// Find looks around this program's file, and then around the working folder.
func Find(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	starts := []string{path}
	if self, err := os.Executable(); err == nil {
		starts = append(starts, self)
	}
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	for _, start := range starts {
		if dir, found := around(start); found {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s is in no checkout of %s: run the checkout's own bin/coursework", path, Module())
}

// Contains reports whether path is in a checkout.
func Contains(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	_, found := around(path)
	return found
}

// around looks for a checkout's go.mod from an absolute path upwards.
func around(path string) (dir string, found bool) {
	for dir := path; Module() != ""; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && modfile.ModulePath(text) == Module() {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return "", false
}

// Go runs the go command in the checkout dir and returns what it prints. The
// command doesn't change go.mod, and downloads only modules that the module cache
// lacks, as for a new user.
func Go(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "GOTOOLCHAIN=local")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("go is missing: install Go 1.26 or newer and put it on the PATH")
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("go %s: %w", args[0], context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// HasRaceDetector reports whether the go command can build programs with the race
// detector in the checkout dir. That takes a C compiler.
func HasRaceDetector(ctx context.Context, dir string) bool {
	out, err := Go(ctx, dir, "env", "CC", "CGO_ENABLED")
	if err != nil {
		return false
	}
	cc, enabled, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if enabled != "1" {
		return false
	}
	_, err = exec.LookPath(strings.Fields(cc + " ")[0])
	return err == nil
}

// ErrNoPython reports that the checkout's Python is missing.
var ErrNoPython = errors.New("nbgrader is missing: the checkout has no .venv; `./install.sh prepare` makes it")

// Python returns the program python of the .venv of the checkout that path is in.
// That Python has nbgrader.
func Python(path string) (string, error) {
	dir, err := Find(path)
	if err != nil {
		return "", err
	}
	python := filepath.Join(dir, ".venv", "bin", "python")
	if _, err := exec.LookPath(python); err != nil {
		return "", ErrNoPython
	}
	return python, nil
}
