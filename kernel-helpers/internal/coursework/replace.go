package coursework

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// replaceFile writes a file below root whole or not at all. A link that stands
// there is replaced, not followed.
func replaceFile(root *os.Root, name string, text []byte, mode fs.FileMode) (err error) {
	making := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text())
	f, err := root.OpenFile(making, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w: free some space, then run the same command again", name, err)
			_ = root.Remove(making)
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(making, name)
}
