package gonb

import (
	"bytes"
	"embed"
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

//go:embed *.patch
var files embed.FS

// Patch mends one fault of GoNB.
type Patch struct {
	Name  string // the file's name, which begins with a number: the order of application
	About string // what is wrong, and what is done about it

	files []*gitdiff.File
}

// Patches returns the patches in their order.
func Patches() ([]Patch, error) {
	entries, err := files.ReadDir(".") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("gonb: %w", err)
	}
	patches := make([]Patch, 0, len(entries))
	for _, entry := range entries {
		raw, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("gonb: %w", err)
		}
		p, err := parse(entry.Name(), raw)
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
		if f.IsBinary || f.IsDelete || f.IsRename || f.IsCopy {
			return Patch{}, fmt.Errorf("gonb: %s: %s%s: only changes of text and new files are handled", name, f.OldName, f.NewName)
		}
	}
	return Patch{Name: name, About: strings.TrimSpace(about), files: changed}, nil
}
