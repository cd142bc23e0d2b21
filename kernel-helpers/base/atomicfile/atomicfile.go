// Package atomicfile replaces files atomically: it writes a temporary file in the
// same folder and renames it. Readers see either the old contents or the new. If
// writing fails, for example because the disk is full, the old file stays.
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

// Options configure [Options.WriteFile]. [WriteFile] uses the zero value.
type Options struct {
	// Temp is the base name of the temporary file. A "*" in it is replaced by a
	// string that makes the name unique. Without a "*", a file that a killed
	// program left behind is overwritten, and the caller must make sure that
	// there is one writer at a time. If Temp is empty, a unique name is derived
	// from the name of the file.
	Temp string

	// Like is a file whose permissions the new file gets, and whose owner if the
	// system allows. If it is nil, the permissions are the argument of WriteFile
	// before umask.
	Like fs.FileInfo

	// Sync flushes the contents to the disk before the rename, which takes some
	// milliseconds. Without it, a file can be empty after a power failure, and
	// some file systems report a full disk only after the rename.
	Sync bool
}

// WriteFile is like [os.WriteFile], but replaces the file atomically.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	return Options{}.WriteFile(path, data, perm)
}

// WriteFile creates or replaces the file at path. It replaces symbolic links and
// doesn't follow them. If it fails, it removes the temporary file.
func (o Options) WriteFile(path string, data []byte, perm fs.FileMode) error {
	if o.Like != nil {
		perm &= o.Like.Mode().Perm() // so that other users can't read it before the chmod
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
			_ = f.Chown(int(stat.Uid), int(stat.Gid)) // only root may change the owner
		}
	}
	if o.Sync {
		return f.Sync()
	}
	return nil
}

// create creates the temporary file. Unlike [os.CreateTemp], it lets the umask
// decide on the permissions.
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
