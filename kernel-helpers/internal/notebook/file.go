package notebook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// Read reads a notebook file. Its errors name the file.
func Read(path string) (*Notebook, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("notebook: %w", err)
	}
	nb, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("notebook: %s: %w", path, err)
	}
	return nb, nil
}

// WriteFile writes the notebook to a file atomically: if anything goes wrong,
// such as a full disk, the old file is unchanged. It keeps the permissions of
// the old file and, if the system allows it, its owner. A symbolic link remains
// one.
func (nb *Notebook) WriteFile(path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("notebook: write %s: %w", path, err)
		}
	}()
	target := path
	old, err := os.Stat(path)
	switch {
	case err == nil && old.Mode().IsRegular():
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	case err == nil:
		return errors.New("not a regular file")
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	default:
		return err
	}
	// Without Sync, some file systems report a full disk only after the rename.
	return atomicfile.Options{Like: old, Sync: true}.WriteFile(target, nb.Bytes(), 0o666)
}
