// Package atomicfile replaces files as a whole or not at all: by a temporary
// file in the same folder that is renamed. Whatever goes wrong, as on a full
// disk, an older file stays as it was, and readers see the old contents or the
// new, never a part.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Options say how a file is replaced. The zero value is what [WriteFile] uses.
type Options struct {
	// Temp is the temporary file's name without its folder. A "*" in it stands
	// for a text that makes the name new; without one, what a killed program
	// has left is used again, and the caller sees to it that nobody else writes
	// at the same time. Empty: the file's own name behind a dot, with a text
	// that makes it new, and ".tmp".
	Temp string

	// Like is the file to take permissions from, and the owner where the system
	// allows. With nil, the permissions are those that WriteFile is given, as
	// the umask leaves them.
	Like fs.FileInfo

	// Sync writes the contents through to the disk before the rename, which
	// takes some milliseconds. Without it, a file may be empty after a power
	// cut, and some file systems report a full disk only after the rename.
	Sync bool
}

// WriteFile is [os.WriteFile], but replaces the file as a whole or not at all.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	return Options{}.WriteFile(path, data, perm)
}

// WriteFile replaces the file at path, or makes it. A symbolic link at path is
// replaced, not followed. After an error nothing is left of the new file.
func (o Options) WriteFile(path string, data []byte, perm fs.FileMode) error {
	if o.Like != nil {
		perm &= o.Like.Mode().Perm() // at no time can more users read it
	}
	f, err := o.create(path, perm)
	if err != nil {
		return err
	}
	if err = errors.Join(o.fill(f, data), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		if left := os.Remove(f.Name()); !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}
	return err
}

func (o Options) fill(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	if o.Like != nil {
		if err := f.Chmod(o.Like.Mode().Perm()); err != nil {
			return err
		}
		if stat, ok := o.Like.Sys().(*syscall.Stat_t); ok {
			_ = f.Chown(int(stat.Uid), int(stat.Gid)) // only root may give files away
		}
	}
	if o.Sync {
		return f.Sync()
	}
	return nil
}

// create creates the temporary file. Unlike [os.CreateTemp] it leaves the
// permissions to the umask.
func (o Options) create(path string, perm fs.FileMode) (*os.File, error) {
	dir, pattern := filepath.Dir(path), o.Temp
	if pattern == "" {
		pattern = "." + strings.ReplaceAll(filepath.Base(path), "*", "_") + ".*.tmp"
	}
	before, after, fresh := strings.Cut(pattern, "*")
	if !fresh {
		return os.OpenFile(filepath.Join(dir, pattern), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	}
	for try := 0; ; try++ {
		name := fmt.Sprintf("%s%d-%d%s", before, os.Getpid(), try, after)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if !errors.Is(err, fs.ErrExist) || try == 1000 {
			return f, err
		}
	}
}
