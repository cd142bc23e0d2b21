// Package tempdir creates temporary folders in which programs can create sockets,
// locks them and removes them.
package tempdir

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Make creates a folder that only its owner can enter. Its name begins with
// prefix. It is in [os.TempDir], or in /tmp if the path of os.TempDir is longer
// than longest bytes. The path of a socket is limited to 107 bytes on Linux and
// to 103 on macOS, whose own temporary folder is too long.
func Make(prefix string, longest int) (path string, err error) {
	return os.MkdirTemp(In(longest), prefix) // with mode 0700
}

// In returns the folder in which [Make] creates folders.
func In(longest int) string {
	if dir := os.TempDir(); len(dir) <= longest {
		return dir
	}
	return "/tmp"
}

// Remove removes a folder, including subfolders that a program has made
// unwritable.
func Remove(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o700) // RemoveAll reports an error if this fails
		}
		return nil
	})
	return os.RemoveAll(path)
}
