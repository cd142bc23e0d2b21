package gonb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// MisfitError reports that a patch does not fit a file.
type MisfitError struct {
	Patch, File string
	Hunk        int // from 1; 0 for the file as a whole
	Line        int // the hunk's line in the file that the patch was made for
	Reason      string
}

func (e *MisfitError) Error() string {
	if e.Hunk == 0 {
		return fmt.Sprintf("%s: %s: %s", e.Patch, e.File, e.Reason)
	}
	return fmt.Sprintf("%s: %s: hunk %d (line %d): %s", e.Patch, e.File, e.Hunk, e.Line, e.Reason)
}

// apply returns the files of tree that the patches change or add, with those
// changes. The content of files that they delete is nil. The error joins a [*MisfitError] for each patch that does not fit. Such
// a patch is left out, so the error may also name later ones that build on it.
func apply(tree fs.FS, patches []Patch) (map[string][]byte, error) {
	patched := make(map[string][]byte)
	var misfits []error
	for _, p := range patches {
		one, err := applyOne(tree, patched, p)
		if _, ok := errors.AsType[*MisfitError](err); ok {
			misfits = append(misfits, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		for name, content := range one {
			patched[name] = content
		}
	}
	return patched, errors.Join(misfits...)
}

// applyOne applies p to the files in before; it reads those that before lacks from
// tree. It returns the files that p changes or adds, and nil for those that it
// deletes.
func applyOne(tree fs.FS, before map[string][]byte, p Patch) (map[string][]byte, error) {
	after := make(map[string][]byte)
	for _, f := range p.files {
		content, found := before[f.NewName]
		if !found {
			var err error
			content, err = fs.ReadFile(tree, f.NewName)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("gonb: %w", err)
			}
			found = err == nil
		} else {
			found = content != nil
		}
		switch {
		case f.IsNew && found:
			return nil, &MisfitError{Patch: p.Name, File: f.NewName, Reason: "it exists already"}
		case !f.IsNew && !found:
			return nil, &MisfitError{Patch: p.Name, File: f.NewName, Reason: "no such file"}
		case f.IsDelete:
			after[f.NewName] = nil
			continue
		}
		placed, err := place(content, f)
		if err != nil {
			err.Patch, err.File = p.Name, f.NewName
			return nil, err
		}
		var out bytes.Buffer
		if err := gitdiff.Apply(&out, bytes.NewReader(content), placed); err != nil {
			misfit := &MisfitError{Patch: p.Name, File: f.NewName, Reason: err.Error()}
			if at, ok := errors.AsType[*gitdiff.ApplyError](err); ok && at.Fragment > 0 {
				misfit.Hunk, misfit.Line = at.Fragment, int(f.TextFragments[at.Fragment-1].OldPosition)
			}
			return nil, misfit
		}
		after[f.NewName] = out.Bytes()
	}
	return after, nil
}

// place returns f with each hunk moved to where content has its lines: the line
// that the diff names, shifted like the hunk before it, or else the nearest one.
// gitdiff wants the exact line, and a new version of GoNB has other lines above.
func place(content []byte, f *gitdiff.File) (*gitdiff.File, *MisfitError) {
	if f.IsNew {
		return f, nil
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	moved := *f
	moved.TextFragments = nil
	shift, first := 0, 0
	for i, hunk := range f.TextFragments {
		var old [][]byte
		for _, l := range hunk.Lines {
			if l.Op != gitdiff.OpAdd {
				old = append(old, []byte(l.Line))
			}
		}
		at, ok := nearest(lines, old, int(hunk.OldPosition)-1+shift, first)
		if !ok {
			return nil, &MisfitError{Hunk: i + 1, Line: int(hunk.OldPosition), Reason: "the lines that it changes are not there"}
		}
		shift, first = at-(int(hunk.OldPosition)-1), at+len(old)
		h := *hunk
		h.OldPosition = int64(at + 1)
		moved.TextFragments = append(moved.TextFragments, &h)
	}
	return &moved, nil
}

// nearest returns the index of old in lines that is nearest to want and not below
// first, and whether there is one.
func nearest(lines, old [][]byte, want, first int) (int, bool) {
	for d := range len(lines) {
		for _, at := range []int{want - d, want + d} {
			if at >= first && at+len(old) <= len(lines) && slices.EqualFunc(lines[at:at+len(old)], old, bytes.Equal) {
				return at, true
			}
		}
	}
	return 0, false
}
