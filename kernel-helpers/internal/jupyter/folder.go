package jupyter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/base/tempdir"
)

// A folder is a kernel's private folder: the connection file, the sockets, the
// kernel's log, and its TMPDIR.
type folder string

// longestTemp limits the path of the temporary folder, as programs in the kernel
// create sockets below its TMPDIR too.
const longestTemp = 40

// newFolder creates a folder that only its owner can enter.
func newFolder() (folder, error) {
	dir, err := tempdir.Make("jk-", longestTemp)
	if err != nil {
		return "", fmt.Errorf("create a folder for the kernel in TMPDIR: %w", err)
	}
	f := folder(dir)
	if err := os.Mkdir(f.temp(), 0o700); err != nil {
		return "", errors.Join(fmt.Errorf("create a folder for the kernel: %w", err), f.remove())
	}
	return f, nil
}

func (f folder) temp() string { return filepath.Join(string(f), "tmp") }
func (f folder) log() string  { return filepath.Join(string(f), "log") }

// sockets returns the prefix of the paths of the kernel's sockets.
func (f folder) sockets() string { return filepath.Join(string(f), "s") }

// connectionFile returns a name in the form from which GoNB reads the kernel's
// id.
func (f folder) connectionFile(id string) string {
	return filepath.Join(string(f), "kernel-"+id+".json")
}

// remove removes the folder, including what a cell has made unwritable in it.
func (f folder) remove() error {
	if err := tempdir.Remove(string(f)); err != nil {
		return fmt.Errorf("remove the kernel's folder: %w", err)
	}
	return nil
}

// lastLines returns the end of a log: at most 20 lines and 4 KiB.
func lastLines(file string) string {
	const most, lines = 4 << 10, 20
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	cut := false
	if info, err := f.Stat(); err == nil && info.Size() > most {
		cut = true
		f.Seek(-most, io.SeekEnd)
	}
	raw, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return ""
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(raw), "�"))
	all := strings.Split(text, "\n")
	if cut && len(all) > 1 {
		all = all[1:] // it may be incomplete
	}
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
