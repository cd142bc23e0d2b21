package course

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// MaxNotebook is the largest size in bytes of a submitted notebook. A notebook
// with many pictures has a tenth of it.
const MaxNotebook = 20 << 20

// ErrUnreadable is wrapped by errors about submitted files that can't be graded.
var ErrUnreadable = errors.New("not a notebook that can be graded")

// ReadPlain reads a file below root if it is a plain file of at most
// [MaxNotebook] bytes. It follows no symbolic link, neither out of root nor
// within.
func ReadPlain(root *os.Root, name string) ([]byte, error) {
	for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
		// A link to a folder within root could be to another student's.
		info, err := root.Lstat(dir)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%w: %s is not a folder, and links are not followed", ErrUnreadable, dir)
		}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return nil, fmt.Errorf("%w: %s is a symbolic link, and only plain files are read", ErrUnreadable, name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is not a plain file", ErrUnreadable, name)
	case info.Size() > MaxNotebook:
		return nil, fmt.Errorf("%w: %s has %d MB, want at most %d MB", ErrUnreadable, name, info.Size()>>20, MaxNotebook>>20)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, fmt.Errorf("%w: %s changed while it was opened", ErrUnreadable, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxNotebook+1))
	if err == nil && len(text) > MaxNotebook {
		err = fmt.Errorf("%w: %s grew while it was read", ErrUnreadable, name)
	}
	return text, err
}
