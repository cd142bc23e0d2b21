package compile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
)

// HarnessPath returns the import path of package harness, which test programs
// are built with.
func HarnessPath() string {
	return checkout.Module() + "/kernel-helpers/internal/coursework/grader/harness"
}

// ProbePath returns the import path of package probe.
func ProbePath() string { return checkout.Module() + "/kernel-helpers/probe" }

// Kit is what all test programs share: the compiled packages that cells import,
// the compiler and the linker. It is safe for concurrent use.
type Kit struct {
	Archives map[string]string // by import path
	Goroot   string
	Cache    string // go's build cache, which has the archives
	Tools    string // folder of the compiler and the linker
	Version  string // for example go1.26.8
	Race     bool   // for the race detector
}

// NewKit has the go command compile what test programs import, from the checkout
// in dir and without a network. imports are those of locked cells and test cells.
func NewKit(ctx context.Context, dir string, imports []string, race bool) (*Kit, error) {
	env, err := checkout.Go(ctx, dir, "env", "-json", "GOROOT", "GOCACHE", "GOVERSION", "GOTOOLDIR")
	if err != nil {
		return nil, err
	}
	var vars struct{ GOROOT, GOCACHE, GOVERSION, GOTOOLDIR string }
	if err := json.Unmarshal(env, &vars); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	k := &Kit{Archives: map[string]string{}, Goroot: vars.GOROOT, Cache: vars.GOCACHE, Tools: vars.GOTOOLDIR, Version: vars.GOVERSION, Race: race}
	args := []string{"list", "-deps", "-export", "-json=ImportPath,Export"}
	paths := slices.Concat(Importable(), imports, []string{HarnessPath(), ProbePath()})
	if race {
		overlays, err := os.MkdirTemp("", "coursework-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(overlays)
		overlay, err := writeOverlay(k.Goroot, overlays)
		if err != nil {
			return nil, err
		}
		args = append(args, "-race", "-overlay", overlay)
		paths = append(paths, "runtime/race")
	}
	slices.Sort(paths)
	out, err := checkout.Go(ctx, dir, append(args, slices.Compact(paths)...)...)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ ImportPath, Export string }
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return k, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if pkg.Export != "" {
			k.Archives[pkg.ImportPath] = pkg.Export
		}
	}
}

// CompileFlags returns the flags that go build gives to the compiler for every
// package.
func (k *Kit) CompileFlags() []string {
	version, _, _ := strings.Cut(k.Version, " ")
	language := strings.Join(strings.SplitN(version, ".", 3)[:2], ".")
	flags := []string{"-complete", "-nolocalimports", "-pack", "-lang=" + language, "-goversion", version, "-c=2"}
	if k.Race {
		flags = append(flags, "-installsuffix", "race", "-race")
	}
	return flags
}

// LinkFlags returns the flags that go build gives to the linker.
func (k *Kit) LinkFlags() []string {
	mode := "exe"
	if runtime.GOOS == "darwin" {
		mode = "pie"
	}
	flags := []string{"-buildmode=" + mode, "-w", "-s"}
	if k.Race {
		flags = append(flags, "-installsuffix", "race", "-race")
	}
	return flags
}
