package doctor

import (
	"context"
	"fmt"
	"go/version"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
)

// Need is something that verbs need.
type Need struct {
	Name    string   `json:"name"`
	Verbs   []string `json:"verbs"`             // that don't work without it
	Partly  []string `json:"partly,omitempty"`  // verbs that work without it, with less
	Found   bool     `json:"found"`             // it is there and works
	Detail  string   `json:"detail,omitempty"`  // which one was found, or what is wrong
	Remedy  string   `json:"remedy,omitempty"`  // what to do if it is missing
	Without string   `json:"without,omitempty"` // what verbs of Partly then lack
}

// oldest is the oldest release of Go that works.
const oldest = "go1.26"

// checkGo looks for the go command.
func checkGo(ctx context.Context, dir string) (detail string, err error) {
	out, err := checkout.Go(ctx, dir, "env", "GOVERSION")
	if err != nil {
		return "", err
	}
	found := strings.TrimSpace(string(out))
	if version.IsValid(found) && version.Compare(found, oldest) < 0 {
		return "", fmt.Errorf("this is %s, want %s or newer", found, oldest)
	}
	return found, nil
}

// checkModules finds out whether the packages that answers are compiled with can be
// built without a network.
func checkModules(ctx context.Context, dir string) (detail string, err error) {
	_, err = checkout.Go(ctx, dir, "list", "-deps", "./kernel-helpers/probe", "golang.org/x/sync/errgroup")
	return "in the module cache", err
}

// checkRace looks for what the race detector needs.
func checkRace(ctx context.Context, dir string) (detail string, err error) {
	if !checkout.HasRaceDetector(ctx, dir) {
		return "", fmt.Errorf("go finds no C compiler, or CGO_ENABLED is 0")
	}
	return "a C compiler", nil
}

// checkSandbox starts a program in the sandbox.
func checkSandbox(ctx context.Context, _ string) (detail string, err error) {
	if _, err := sandbox.New(ctx); err != nil {
		return "", err
	}
	return "bubblewrap works", nil
}

// checkNbgrader starts the Python that has nbgrader. Importing all of it would take
// seconds.
func checkNbgrader(ctx context.Context, dir string) (detail string, err error) {
	python, err := checkout.Python(dir)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, python, "-I", "-c", "from importlib import metadata, util; assert util.find_spec('nbgrader'); print('nbgrader', metadata.version('nbgrader'))")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("nbgrader doesn't start: %s", lines[len(lines)-1])
	}
	return strings.TrimSpace(string(out)), nil
}

// checkGit looks for git, if the checkout is a clone.
func checkGit(ctx context.Context, dir string) (detail string, err error) {
	if _, err := filepath.EvalSymlinks(filepath.Join(dir, ".git")); err != nil {
		return "not needed: the checkout is not a clone", nil
	}
	out, err := exec.CommandContext(ctx, "git", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("git doesn't start: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
