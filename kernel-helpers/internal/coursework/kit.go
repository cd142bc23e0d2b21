package coursework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	modulePath  = "example.com/speedup"
	harnessPath = modulePath + "/kernel-helpers/internal/coursework/harness"
)

// kit is what all test programs have in common: the compiled packages that
// cells import, the compiler and the linker. It is made once and shared.
type kit struct {
	archives map[string]string // by import path
	goroot   string
	cache    string // go's build cache, where the archives are
	tools    string // folder of compiler and linker
	version  string // go1.26.8
	race     bool
}

// newKit has the go command compile what test programs import, from the
// checkout and without a network. extra are the imports of locked cells and
// test cells. race is wanted for grading; without a C compiler only a program
// without it can be made.
func newKit(ctx context.Context, checkout string, extra []string, race bool) (*kit, error) {
	paths := slices.Concat(slices.Collect(maps.Keys(allowedImports)), testImports, extra, []string{harnessPath})
	if race {
		paths = append(paths, "runtime/race")
	}
	slices.Sort(paths)
	var k kit
	env, err := goCommand(ctx, checkout, "env", "-json", "GOROOT", "GOCACHE", "GOVERSION", "GOTOOLDIR")
	if err != nil {
		return nil, err
	}
	var vars struct{ GOROOT, GOCACHE, GOVERSION, GOTOOLDIR string }
	if err := json.Unmarshal(env, &vars); err != nil {
		return nil, fmt.Errorf("coursework: go env: %w", err)
	}
	k = kit{archives: map[string]string{}, goroot: vars.GOROOT, cache: vars.GOCACHE, tools: vars.GOTOOLDIR, version: vars.GOVERSION, race: race}
	args := []string{"list", "-deps", "-export", "-json=ImportPath,Export"}
	if race {
		args = append(args, "-race")
	}
	out, err := goCommand(ctx, checkout, append(args, slices.Compact(paths)...)...)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ ImportPath, Export string }
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("coursework: go list: %w", err)
		}
		if pkg.Export != "" {
			k.archives[pkg.ImportPath] = pkg.Export
		}
	}
	return &k, nil
}

// goCommand runs the go command in the checkout, as the checkout is, offline.
func goCommand(ctx context.Context, checkout string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = checkout
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOTOOLCHAIN=local")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("coursework: go is missing: install Go 1.26 or newer and put it on the PATH")
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("coursework: go %s: %w", args[0], context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("coursework: go %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// canRace tells whether programs with the race detector can be built here.
func canRace(ctx context.Context, checkout string) bool {
	out, err := goCommand(ctx, checkout, "env", "CC", "CGO_ENABLED")
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

// compileFlags are the flags that go build gives to the compiler for every
// package.
func (k *kit) compileFlags() []string {
	lang := strings.Join(strings.SplitN(strings.SplitN(k.version, " ", 2)[0], ".", 3)[:2], ".")
	flags := []string{"-complete", "-nolocalimports", "-pack", "-lang=" + lang, "-goversion", strings.SplitN(k.version, " ", 2)[0], "-c=2"}
	if k.race {
		flags = append(flags, "-installsuffix", "race", "-race")
	}
	return flags
}

func (k *kit) linkFlags() []string {
	mode := "exe"
	if runtime.GOOS == "darwin" {
		mode = "pie"
	}
	flags := []string{"-buildmode=" + mode, "-w", "-s"}
	if k.race {
		flags = append(flags, "-installsuffix", "race", "-race")
	}
	return flags
}

// FindCheckout returns the folder of the checkout that a file or folder is in,
// or that this program was built in.
func FindCheckout(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("coursework: %w", err)
	}
	starts := []string{path}
	if self, err := os.Executable(); err == nil {
		starts = append(starts, self)
	}
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	for _, start := range starts {
		if dir, found := checkoutAround(start); found {
			return dir, nil
		}
	}
	return "", fmt.Errorf("coursework: %s is in no checkout of %s: run the checkout's own bin/coursework", path, modulePath)
}

// InCheckout reports whether a file or folder is in a checkout.
func InCheckout(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	_, found := checkoutAround(path)
	return found
}

// checkoutAround looks for a checkout's go.mod from an absolute path upwards.
func checkoutAround(path string) (dir string, found bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module "+modulePath+"\n")) {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}
