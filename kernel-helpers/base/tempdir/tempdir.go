// Package tempdir makes temporary folders for programs that make sockets there,
// and removes them whatever has become of them.
package tempdir

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Make makes a new folder that only its owner can enter, with a name that begins
// with prefix. It is in [os.TempDir], or in /tmp if that folder's own path has
// more than longest bytes: the path of a socket may have 107 bytes on Linux and
// 103 on macOS, whose own folder is too long to begin with.
func Make(prefix string, longest int) (path string, err error) {
	return os.MkdirTemp(In(longest), prefix) // with mode 0700
}

// In returns the folder in which [Make] makes others.
func In(longest int) string {
	if dir := os.TempDir(); len(dir) <= longest {
		return dir
	}
	return "/tmp"
}

// Remove removes a folder, also what a program has made unwritable in it.
func Remove(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o700) // if it can't be done, RemoveAll says so
		}
		return nil
	})
	return os.RemoveAll(path)
}
