package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/base/tempdir"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// home is the folder of a kernel. It contains GoNB's files and is the TMPDIR of all
// programs of cells. Its owner holds a lock on it, so that a later kernel can tell
// whether it is abandoned.
type home struct {
	path string
	lock *os.File
}

// The names of kernels' folders begin with homePrefix. Until a folder is locked its
// name begins with newPrefix. So a folder whose name begins with homePrefix and that
// isn't locked is abandoned, whatever its age.
const (
	homePrefix = "gk-"
	newPrefix  = ".gk-new-"
)

// longestTemp limits the path of the folder for temporary folders, in bytes.
const longestTemp = 24

// newHome makes a folder that only its owner can enter.
func newHome() (*home, error) {
	made, err := tempdir.Make(newPrefix, longestTemp)
	if err != nil {
		return nil, fmt.Errorf("supervisor: make a folder for the kernel (TMPDIR says where): %w", err)
	}
	h := &home{path: filepath.Join(filepath.Dir(made), homePrefix+strings.TrimPrefix(filepath.Base(made), newPrefix))}
	if h.lock, err = tempdir.Lock(made); err != nil {
		return nil, errors.Join(fmt.Errorf("supervisor: lock the kernel's folder: %w", err), os.Remove(made))
	}
	if err := os.Rename(made, h.path); err != nil {
		return nil, errors.Join(fmt.Errorf("supervisor: name the kernel's folder: %w", err), h.lock.Close(), os.Remove(made))
	}
	return h, nil
}

// remove removes the folder, even if a cell has made parts of it unwritable.
func (h *home) remove() error {
	if err := tempdir.Remove(h.path); err != nil {
		return fmt.Errorf("supervisor: remove the kernel's folder: %w", err)
	}
	return nil
}

// newborn is the age below which a folder with newPrefix isn't abandoned, because
// its owner may be about to lock and rename it.
const newborn = time.Minute

// clearAbandoned cleans up after kernels all of whose processes were killed at once:
// it removes their folders and kills the processes that they left.
func clearAbandoned() error {
	named, err := filepath.Glob(filepath.Join(tempdir.In(longestTemp), homePrefix+"*"))
	if err != nil {
		return err
	}
	unnamed, err := filepath.Glob(filepath.Join(tempdir.In(longestTemp), newPrefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range append(named, unnamed...) {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || !tempdir.IsOurs(info) {
			continue
		}
		if strings.HasPrefix(filepath.Base(dir), newPrefix) && time.Since(info.ModTime()) < newborn {
			continue
		}
		lock, err := tempdir.Lock(dir)
		if err != nil {
			continue // it is in use
		}
		errs = append(errs, killInhabitants(dir), (&home{path: dir}).remove(), lock.Close())
	}
	return errors.Join(errs...)
}

// killInhabitants kills the processes whose TMPDIR is in a kernel's folder.
func killInhabitants(dir string) error {
	return processes.KillMarked(func(entry string) bool { return strings.HasPrefix(entry, "TMPDIR="+dir+"/") })
}
