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

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// version is the version of the file's format. A file with a higher version is
// not changed.
const version = 1

type contents struct {
	Version int      `json:"version"`
	Results []Result `json:"results"`
}

// load reads the results in the file at path. A missing file holds no results.
func load(path string) ([]Result, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path) // reading a pipe would block forever
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
	if len(data) == 0 { // created, but not written yet
		return nil, nil
	}
	var c contents
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, &damagedError{path, err}
	}
	if c.Version > version {
		return nil, fmt.Errorf("%s has version %d, but this program supports versions up to %d", path, c.Version, version)
	}
	return c.Results, nil
}

type damagedError struct {
	path string
	err  error
}

func (e *damagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.path, e.err) }
func (e *damagedError) Unwrap() error { return e.err }

// change replaces the file's results by edit's return value. Concurrent
// changes, also by other processes, are serialized, and a reader sees the file
// as it is before or after a change, never in between. The file is not synced
// to disk: after a power cut, the changes of the last seconds may be lost.
func change(path string, edit func([]Result) []Result) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the file is replaced, not the link to it
	}
	locked, err := lock(path, lockWithin)
	if err != nil {
		return err
	}
	defer locked.Close() // releases the lock
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

// replace atomically replaces the file at path, whose lock the caller holds, by
// one that contains data. The temporary file always has the same name, so the
// next program overwrites what a killed one left.
func replace(path string, data []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	o := atomicfile.Options{Temp: "." + filepath.Base(path) + ".new"}
	return o.WriteFile(path, data, 0o666)
}

// lockWithin limits how long to wait for the program that holds the lock.
// Writing takes a millisecond, but a program suspended while writing must not
// block all others. Many programs that take turns may take longer together.
const lockWithin = 10 * time.Second

// lock opens the file at path, creating it if necessary, and locks it for this
// process until the file is closed.
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
		time.Sleep(pause) // not a blocking flock, which could not be given up
	}
}

// A wait is a wait for a lock. Its time limit starts again whenever another
// program has replaced the file.
type wait struct {
	path   string
	within time.Duration

	file  os.FileInfo // as last seen; nil at first
	since time.Time
}

// tooLong reports whether the file has not changed for the time allowed.
func (w *wait) tooLong(now time.Time) bool {
	file, err := os.Stat(w.path)
	if w.since.IsZero() || err == nil &&
		(w.file == nil || !os.SameFile(file, w.file) || !file.ModTime().Equal(w.file.ModTime())) {
		w.file, w.since = file, now
	}
	return now.Sub(w.since) >= w.within
}

// tryLock returns neither a file nor an error while another program holds the
// lock.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	mine, err := f.Stat()
	if err == nil && !mine.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path) // replace would turn a device into a file
	}
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOLCK) {
			err = nil // a file system without locks: rather risk a lost update than keep no results
		}
	}
	// A change replaces the file, so a lock on a file that has been replaced
	// protects nothing.
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
