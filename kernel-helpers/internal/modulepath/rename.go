// Package modulepath renames the module: its path is in go.mod, in the imports of
// Go files and notebooks, in the outputs of notebooks, in a patch and in pages.
package modulepath

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Result lists files by their slash-separated names.
type Result struct {
	Changed []string
	// Left are binary files that have the old path. A recorded trace is one: it
	// tells of functions as they were called when it was recorded.
	Left []string
}

// Rename changes the path of the module whose go.mod is in root to newPath, in
// every text file that belongs to the checkout. It changes nothing if the module
// has that path already. An error comes with what was done until then.
//
// Files belong to the checkout if git does not ignore them. Where root is not a
// git working tree, that is every file outside of folders that are built there
// (bin) or whose names begin with a dot (except .ci and .github).
//
// go.mod is written last, so a rename that was interrupted can be run again.
func Rename(ctx context.Context, root, newPath string) (done Result, err error) {
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return done, fmt.Errorf("modulepath: %w", err)
	}
	mod, err := modfile.Parse("go.mod", raw, nil)
	if err != nil || mod.Module == nil {
		return done, fmt.Errorf("modulepath: go.mod has no module path: %w", err)
	}
	oldPath := mod.Module.Mod.Path
	if err := check(newPath, mod); err != nil {
		return done, fmt.Errorf("modulepath: %w", err)
	}
	if newPath == oldPath {
		return done, nil
	}
	names, err := files(ctx, root)
	if err != nil {
		return done, fmt.Errorf("modulepath: list files: %w", err)
	}
	names = append(slices.DeleteFunc(names, func(name string) bool { return name == "go.mod" }), "go.mod")
	for _, name := range names {
		switch how, err := renameIn(filepath.Join(root, filepath.FromSlash(name)), oldPath, newPath); {
		case err != nil:
			return done, fmt.Errorf("modulepath: %w", err)
		case how == changed:
			done.Changed = append(done.Changed, name)
		case how == left:
			done.Left = append(done.Left, name)
		}
	}
	return done, nil
}

// check returns why the module cannot have the path, or nil.
func check(newPath string, mod *modfile.File) error {
	if err := module.CheckImportPath(newPath); err != nil {
		return err
	}
	for element := range strings.SplitSeq(newPath, "/") {
		if element == "internal" || element == "vendor" {
			return fmt.Errorf("malformed import path %q: Go closes %s folders to notebooks", newPath, element)
		}
	}
	for _, r := range mod.Require {
		if under(newPath, r.Mod.Path) || under(r.Mod.Path, newPath) {
			return fmt.Errorf("the path %s collides with the module %s, which go.mod requires", newPath, r.Mod.Path)
		}
	}
	return nil
}

// under reports whether p is the path parent or begins with it.
func under(p, parent string) bool { return p == parent || strings.HasPrefix(p, parent+"/") }

// files returns the slash-separated names of the files that belong to the
// checkout in root.
func files(ctx context.Context, root string) ([]string, error) {
	if _, err := os.Lstat(filepath.Join(root, ".git")); err == nil {
		list := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
		list.Dir = root
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("git ls-files: %w", err)
		}
		names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		slices.Sort(names)
		return slices.Compact(names), nil
	}
	var names []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// skipped reports whether files in the folder do not belong to the checkout.
func skipped(folder string) bool {
	base := path.Base(folder)
	switch folder {
	case ".", ".ci", ".github":
		return false
	case "bin":
		return true
	}
	return base[0] == '.' || base == "node_modules"
}

// outcome is what renameIn did to a file.
type outcome int

const (
	unconcerned outcome = iota
	changed
	left
)

// renameIn renames the module in one file. It leaves binary files, links and
// files that are gone as they are.
func renameIn(file, oldPath, newPath string) (outcome, error) {
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return unconcerned, nil
	}
	if err != nil {
		return unconcerned, err
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return unconcerned, err
	}
	text := []byte(replace(string(old), oldPath, newPath))
	switch {
	case bytes.Equal(text, old):
		return unconcerned, nil
	case bytes.IndexByte(old, 0) >= 0:
		return left, nil
	}
	if filepath.Ext(file) == ".go" {
		// Imports are sorted by path. A file that does not parse (there are some in
		// testdata) has no order to keep.
		if formatted, err := format.Source(text); err == nil {
			text = formatted
		}
	}
	return changed, os.WriteFile(file, text, info.Mode().Perm())
}

// replace replaces the module path oldPath by newPath. It leaves longer paths
// that begin with the same characters alone: of example.com/a, neither
// example.com/ab nor example.com/a.b nor my.example.com/a is an occurrence.
func replace(text, oldPath, newPath string) string {
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(text[at:], oldPath)
		if i < 0 {
			b.WriteString(text[at:])
			return b.String()
		}
		start, end := at+i, at+i+len(oldPath)
		b.WriteString(text[at:start])
		if begins(text[:start]) && ends(text[end:]) {
			b.WriteString(newPath)
		} else {
			b.WriteString(oldPath)
		}
		at = end
	}
}

// begins reports whether a path may begin after before.
func begins(before string) bool {
	if before == "" || !inElement(before[len(before)-1]) {
		return true
	}
	// The letter may be part of an escape, as in "\nexample.com".
	return len(before) > 1 && before[len(before)-2] == '\\' && strings.IndexByte("nrt", before[len(before)-1]) >= 0
}

// ends reports whether a path's element ends before after.
func ends(after string) bool {
	if after == "" || !inElement(after[0]) {
		return true
	}
	// A dot may end a sentence.
	return after[0] == '.' && (len(after) == 1 || !inElement(after[1]))
}

// inElement reports whether an element of an import path may contain c.
func inElement(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
