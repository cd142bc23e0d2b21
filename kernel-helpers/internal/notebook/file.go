package notebook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
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

// WriteFile writes the notebook to a file: first to a temporary file in the
// same folder, which then takes the file's place. Whatever goes wrong, a full
// disk for one, leaves an older file as it was. The older file's permissions
// are kept, and its owner where the system allows; a symbolic link stays one.
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
		return errors.New("it is not a regular file")
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	default:
		return err
	}
	temp, err := createBeside(target)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if _, err = temp.Write(nb.Bytes()); err != nil {
		return err
	}
	if old != nil {
		if err = temp.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
		if stat, ok := old.Sys().(*syscall.Stat_t); ok {
			_ = temp.Chown(int(stat.Uid), int(stat.Gid)) // only root may give files away
		}
	}
	// Without Sync some file systems report a full disk only after the rename.
	if err = temp.Sync(); err != nil {
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), target)
}

// createBeside creates a new file in a path's folder with the permissions that
// the umask gives, which os.CreateTemp doesn't.
func createBeside(path string) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.%d.tmp", filepath.Base(path), os.Getpid(), try))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) || try == 1000 {
			return f, err
		}
	}
}
