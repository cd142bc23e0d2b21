package gonb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// Module is GoNB's module path, and that of its main package.
const Module = "github.com/janpfeifer/gonb"

// Options are the inputs and the output of [Build].
type Options struct {
	Dir    string // a folder of the module whose go.mod pins GoNB; empty: the current one
	Folder string // for the patched sources; nothing else uses it. It stays, so that the next build finds the same paths
	Out    string // the program to write
}

// SourcesOf returns the folder in which install.sh keeps a checkout's patched sources.
// A test that builds from there has little to compile. Without that folder, it
// returns other.
func SourcesOf(checkout, other string) string {
	folder := filepath.Join(checkout, ".lab", "gonb")
	if _, err := os.Stat(folder); err != nil {
		return other
	}
	return folder
}

// Build builds the GoNB that go.mod pins, with the patches.
func Build(ctx context.Context, o Options) error {
	patches, err := Patches()
	if err != nil {
		return err
	}
	pinned, err := findModule(ctx, o.Dir)
	if err != nil {
		return err
	}
	files, err := readSources(pinned.Dir)
	if err != nil {
		return fmt.Errorf("gonb: read GoNB's sources: %w", err)
	}
	patched, err := apply(os.DirFS(pinned.Dir), patches)
	if err != nil {
		return fmt.Errorf("gonb: patches don't fit GoNB %s (pin the version they were made for in go.mod, or refresh them as %s/README.md says):\n%w", pinned.Version, patchesFolder, err)
	}
	maps.Copy(files, patched)
	maps.DeleteFunc(files, func(_ string, content []byte) bool { return content == nil })
	overlay, err := writeFolder(o.Folder, pinned.GoMod, files)
	if err != nil {
		return fmt.Errorf("gonb: write patched sources: %w", err)
	}
	out, err := filepath.Abs(o.Out)
	if err != nil {
		return fmt.Errorf("gonb: %w", err)
	}
	// gonb -version prints this.
	version := fmt.Sprintf("-X %s/version.GitTag=%s+%d-patches", Module, pinned.Version, len(patches))
	_, err = run(ctx, o.Dir, "build", "-overlay", overlay, "-ldflags", version, "-o", out, Module)
	return err
}

// pinned is the version of GoNB that a go.mod pins.
type pinned struct {
	Dir, Version string
	GoMod        string `json:"-"` // the file name of that go.mod
}

// findModule returns the pinned GoNB. It downloads its files if necessary.
func findModule(ctx context.Context, dir string) (pinned, error) {
	goMod, err := run(ctx, dir, "env", "GOMOD")
	if err != nil {
		return pinned{}, err
	}
	p := pinned{GoMod: string(bytes.TrimSpace(goMod))}
	if p.GoMod == "" || p.GoMod == os.DevNull {
		return p, errors.New("gonb: no go.mod here: run it in the checkout")
	}
	for _, args := range [][]string{
		{"list", "-m", "-json", Module},
		{"mod", "download", "-json", Module}, // slower, and only for a module that is not downloaded yet
	} {
		raw, err := run(ctx, dir, args...)
		if err != nil {
			return p, err
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			return p, fmt.Errorf("gonb: read the output of go %s: %w", strings.Join(args, " "), err)
		}
		if p.Dir != "" {
			return p, nil
		}
	}
	return p, fmt.Errorf("gonb: go neither has nor can download %s", Module)
}

// readSources returns go.mod and all files of each folder that has Go files, since
// packages embed some of the others.
func readSources(dir string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if goFiles, err := fs.Glob(tree, path.Join(path.Dir(name), "*.go")); err != nil || len(goFiles) == 0 {
			return err
		}
		files[name], err = fs.ReadFile(tree, name)
		return err
	})
	return files, err
}

// writeFolder writes GoNB's files and a variant of go.mod that replaces GoNB by
// them, and returns the name of the overlay file for go build. It leaves files
// that have not changed untouched, and removes files that an earlier run wrote and
// this one does not.
func writeFolder(folder, goMod string, files map[string][]byte) (overlay string, err error) {
	if folder, err = filepath.Abs(folder); err != nil {
		return "", err
	}
	sources := filepath.Join(folder, "gonb")
	for name, content := range files {
		if err := writeFile(filepath.Join(sources, filepath.FromSlash(name)), content); err != nil {
			return "", err
		}
	}
	err = filepath.WalkDir(sources, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(sources, file)
		if err != nil || files[filepath.ToSlash(name)] != nil {
			return err
		}
		return os.Remove(file)
	})
	if err != nil {
		return "", err
	}

	raw, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	variant, err := modfile.Parse(goMod, raw, nil)
	if err != nil {
		return "", err
	}
	if err := variant.AddReplace(Module, "", sources, ""); err != nil {
		return "", err
	}
	variant.Cleanup()
	if raw, err = variant.Format(); err != nil {
		return "", err
	}
	goModHere := filepath.Join(folder, "go.mod.replaced")
	if err := writeFile(goModHere, raw); err != nil {
		return "", err
	}
	raw, err = json.Marshal(map[string]any{"Replace": map[string]string{goMod: goModHere}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, writeFile(overlay, raw)
}

// writeFile replaces a file by content atomically. It leaves a file that has that
// content untouched.
func writeFile(name string, content []byte) error {
	if have, err := os.ReadFile(name); err == nil && bytes.Equal(have, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteFile(name, content, 0o644)
}

// run runs go and returns its standard output. The error has what go printed.
func run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("gonb: go %s: %w\n%s", args[0], err, bytes.TrimSpace(append(out, said.Bytes()...)))
	}
	return out, nil
}
