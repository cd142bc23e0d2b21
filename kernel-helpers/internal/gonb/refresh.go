package gonb

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// RefreshOptions say which patch is refreshed, and where.
type RefreshOptions struct {
	Dir    string // a folder of the module whose go.mod pins GoNB; empty: the current one
	Folder string // the working copy; [StartRefresh] makes it
	Number string // the patch: the number that its name begins with
}

// Refresh is a working copy of GoNB's sources in which one patch is edited. Its
// last commit has every patch before that one, and its files have the patch.
type Refresh struct {
	Folder    string
	Patch     string  // the patch's name
	Conflicts []error // a [*MisfitError] for each hunk that needs an edit
}

// refreshState is what a working copy notes about itself, in .git.
type refreshState struct {
	Version string // of GoNB
	Patch   string
	Tree    string // the id of the files as we last left them
}

// patchesFolder is where the patches are, from the folder of go.mod.
const patchesFolder = "kernel-helpers/internal/gonb"

// StartRefresh makes a git working copy of the sources of the pinned GoNB in
// o.Folder, commits each patch before the given one, and applies that one
// without committing it. Where a hunk does not fit, it merges: the file then has
// git's conflict markers, and Conflicts names the hunk. It does not replace a
// working copy that has edits, nor a folder that it did not make.
func StartRefresh(ctx context.Context, o RefreshOptions) (*Refresh, error) {
	pinned, patches, at, err := loadRefresh(ctx, o)
	if err != nil {
		return nil, err
	}
	files, err := readSources(pinned.Dir)
	if err != nil {
		return nil, fmt.Errorf("gonb: read GoNB's sources: %w", err)
	}
	w := workingCopy(o.Folder)
	if err := w.clear(ctx); err != nil {
		return nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	if err := w.commit(ctx, files, "GoNB "+pinned.Version); err != nil {
		return nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	for _, p := range patches[:at] {
		changed, err := applyOne(os.DirFS(o.Folder), nil, p)
		if err != nil {
			return nil, fmt.Errorf("gonb: a patch before %s does not fit GoNB %s, refresh it first: %w", patches[at].Name, pinned.Version, err)
		}
		if err := w.commit(ctx, changed, p.Name+"\n\n"+p.About); err != nil {
			return nil, fmt.Errorf("gonb: refresh: %w", err)
		}
	}
	conflicts, err := w.merge(ctx, patches[at])
	if err != nil {
		return nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	if err := w.save(ctx, refreshState{Version: pinned.Version, Patch: patches[at].Name}); err != nil {
		return nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	return &Refresh{Folder: o.Folder, Patch: patches[at].Name, Conflicts: conflicts}, nil
}

// WriteRefresh writes what the working copy in o.Folder changes back to the
// patch's file, below its first lines, and returns the file's name. later are
// the patches that do not fit on top of it, a [*MisfitError] each.
func WriteRefresh(ctx context.Context, o RefreshOptions) (file string, later []error, err error) {
	pinned, patches, at, err := loadRefresh(ctx, o)
	if err != nil {
		return "", nil, err
	}
	w := workingCopy(o.Folder)
	state, err := w.state()
	if err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: there is no working copy in %s: %w", o.Folder, err)
	}
	name := patches[at].Name
	if state.Patch != name || state.Version != pinned.Version {
		return "", nil, fmt.Errorf("gonb: refresh: the working copy is for %s and GoNB %s, not for %s and %s", state.Patch, state.Version, name, pinned.Version)
	}
	diff, err := w.diff(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	file = filepath.Join(filepath.Dir(pinned.GoMod), filepath.FromSlash(patchesFolder), name)
	old, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	head, _, _ := bytes.Cut(old, []byte("diff --git "))
	written := slices.Concat(head, diff)
	if patches[at], err = parse(name, written); err != nil {
		return "", nil, err
	}
	_, err = apply(os.DirFS(pinned.Dir), patches[:at+1])
	if err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: the new patch does not fit: %w", err)
	}
	if err := writeFile(file, written); err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	if err := w.save(ctx, state); err != nil {
		return "", nil, fmt.Errorf("gonb: refresh: %w", err)
	}
	if _, err := apply(os.DirFS(pinned.Dir), patches); err != nil {
		later = unjoin(err)
	}
	return file, later, nil
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// loadRefresh returns the pinned GoNB, the patches of the checkout (not those
// that this program was built with), and the index of the one to refresh.
func loadRefresh(ctx context.Context, o RefreshOptions) (p pinned, patches []Patch, at int, err error) {
	if p, err = findModule(ctx, o.Dir); err != nil {
		return p, nil, 0, err
	}
	folder := filepath.Join(filepath.Dir(p.GoMod), filepath.FromSlash(patchesFolder))
	if patches, err = readPatches(os.DirFS(folder)); err != nil {
		return p, nil, 0, err
	}
	at = slices.IndexFunc(patches, func(p Patch) bool { return strings.HasPrefix(p.Name, o.Number+"-") })
	if at < 0 || o.Number == "" {
		var names []string
		for _, p := range patches {
			names = append(names, strings.TrimSuffix(p.Name, ".patch"))
		}
		return p, nil, 0, fmt.Errorf("gonb: no patch has the number %q; there are %s", o.Number, strings.Join(names, ", "))
	}
	return p, patches, at, nil
}
