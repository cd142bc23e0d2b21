package timing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// version is written into the file; a file with a higher one is left alone.
const version = 1

type contents struct {
	Version int      `json:"version"`
	Results []Result `json:"results"`
}

// load reads the results in the file at path; no file has none.
func load(path string) ([]Result, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path) // reading a pipe would wait for ever
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return parse(path, data)
}

func parse(path string, data []byte) ([]Result, error) {
	if len(data) == 0 { // made, and not written yet
		return nil, nil
	}
	var c contents
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, &damagedError{path, err}
	}
	if c.Version > version {
		return nil, fmt.Errorf("%s is of version %d, this program knows %d", path, c.Version, version)
	}
	return c.Results, nil
}

type damagedError struct {
	path string
	err  error
}

func (e *damagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.path, e.err) }
func (e *damagedError) Unwrap() error { return e.err }

// change replaces the file's results with what edit makes of them. Changes by
// any number of processes come one after another, and a reader sees the file
// before or after a change, never in between. It isn't synced to the disk:
// after a power cut the results may be those of some seconds earlier.
func change(path string, edit func([]Result) []Result) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the file is replaced, not the link to it
	}
	locked, err := lock(path, lockWithin)
	if err != nil {
		return err
	}
	defer locked.Close() // gives up the lock
	data, err := io.ReadAll(locked)
	if err != nil {
		return fmt.Errorf("read results: %w", err)
	}
	all, err := parse(path, data)
	if _, damaged := errors.AsType[*damagedError](err); damaged {
		aside := path + ".damaged"
		if err := os.WriteFile(aside, data, 0o666); err != nil {
			return fmt.Errorf("%s is damaged and can't be set aside: %w", path, err)
		}
		fmt.Fprintf(os.Stderr, "timing: %v: set aside as %s\n", err, aside)
	} else if err != nil {
		return err
	}
	out, err := json.MarshalIndent(contents{version, edit(all)}, "", " ")
	if err == nil {
		err = replace(path, append(out, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// replace puts a file with data in the place of the one at path, whose lock the
// caller holds. The new file's name is always the same, so what a killed
// program leaves is the next one's to use.
func replace(path string, data []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	err := os.WriteFile(temp, data, 0o666)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}

// lockWithin bounds the wait for one program that is writing, which takes a
// millisecond; one that was stopped in the middle must not stop all others. Many
// that take turns may take longer together.
const lockWithin = 10 * time.Second

// lock opens the file at path, made if need be, and holds it for this process
// until it is closed.
func lock(path string, within time.Duration) (*os.File, error) {
	w := wait{path: path, within: within}
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		f, err := tryLock(path)
		if f != nil || err != nil {
			return f, err
		}
		if w.tooLong(time.Now()) {
			return nil, fmt.Errorf("lock %s: another program has held it for %v", path, within)
		}
		time.Sleep(pause) // waiting in flock could not be given up
	}
}

// wait is a wait for a lock. It begins anew with each change that others make,
// which puts a new file in the old one's place.
type wait struct {
	path   string
	within time.Duration

	file  os.FileInfo // as last seen, nil before
	since time.Time
}

// tooLong reports whether nobody has changed the file for the time allowed.
func (w *wait) tooLong(now time.Time) bool {
	file, err := os.Stat(w.path)
	if w.since.IsZero() || err == nil &&
		(w.file == nil || !os.SameFile(file, w.file) || !file.ModTime().Equal(w.file.ModTime())) {
		w.file, w.since = file, now
	}
	return now.Sub(w.since) >= w.within
}

// tryLock returns no file and no error while another program holds the lock.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	mine, err := f.Stat()
	if err == nil && !mine.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path) // a device would be replaced by one
	}
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOLCK) {
			err = nil // a file system without locks: better the risk of a lost update than no results
		}
	}
	// A change puts a new file in the old one's place, so the lock of one that
	// is no longer there is worth nothing.
	if err == nil {
		if there, err := os.Stat(path); err == nil && os.SameFile(mine, there) {
			return f, nil
		}
	}
	f.Close()
	if err == nil || errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock results: %w", err)
}
