package course

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReplaceFile writes a file below root completely or not at all. A symbolic link
// of that name is replaced, not followed.
func ReplaceFile(root *os.Root, name string, text []byte, mode fs.FileMode) (err error) {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text())
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w: free some space, then run the same command again", name, err)
			_ = root.Remove(temporary)
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(temporary, name)
}

// ReplacePrivate writes a file that only its owner may read, completely or not at
// all.
func ReplacePrivate(file string, text []byte) error {
	root, err := os.OpenRoot(filepath.Dir(file)) // which may be a link to another disk
	if err != nil {
		return err
	}
	defer root.Close()
	return ReplaceFile(root, filepath.Base(file), text, 0o600)
}
