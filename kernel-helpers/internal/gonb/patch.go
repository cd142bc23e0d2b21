package gonb

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

//go:embed *.patch
var files embed.FS

// Patch is a unified diff that fixes one fault of GoNB.
type Patch struct {
	Name  string // the file's name, which begins with a number; patches are applied in the order of their names
	About string // what is wrong, and what is done about it

	files []*gitdiff.File
}

// Patches returns the patches that this program was built with, in their order.
func Patches() ([]Patch, error) { return readPatches(files) }

// readPatches returns the patches in folder, sorted by name.
func readPatches(folder fs.FS) ([]Patch, error) {
	names, err := fs.Glob(folder, "*.patch")
	if err != nil {
		return nil, fmt.Errorf("gonb: %w", err)
	}
	patches := make([]Patch, 0, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("gonb: %w", err)
		}
		p, err := parse(name, raw)
		if err != nil {
			return nil, err
		}
		patches = append(patches, p)
	}
	return patches, nil
}

func parse(name string, raw []byte) (Patch, error) {
	changed, about, err := gitdiff.Parse(bytes.NewReader(raw))
	if err != nil {
		return Patch{}, fmt.Errorf("gonb: %s: %w", name, err)
	}
	for _, f := range changed {
		if f.IsBinary || f.IsRename || f.IsCopy {
			return Patch{}, fmt.Errorf("gonb: %s: %s%s: only changes of text, new and deleted files are handled", name, f.OldName, f.NewName)
		}
		if f.IsDelete {
			f.NewName = f.OldName
		}
	}
	return Patch{Name: name, About: strings.TrimSpace(about), files: changed}, nil
}
