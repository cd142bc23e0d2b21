package tempdir

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Lock locks a folder, so that other programs can tell one in use from one whose
// programs were killed. The lock lasts as long as the returned file is open, in this
// process or in one that inherited it. It doesn't wait: a folder that is locked is an
// error.
func Lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// IsOurs reports whether a file belongs to this user.
func IsOurs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
