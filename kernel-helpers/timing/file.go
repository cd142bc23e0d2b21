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
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
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
		return nil, &corruptError{path, err}
	}
	if c.Version > version {
		return nil, fmt.Errorf("%s is of version %d, this program knows %d", path, c.Version, version)
	}
	return c.Results, nil
}

type corruptError struct {
	path string
	err  error
}

func (e *corruptError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.path, e.err) }
func (e *corruptError) Unwrap() error { return e.err }

// change replaces the file's results with what edit makes of them. Changes by
// any number of processes come one after another, and a reader sees the file
// before or after a change, never in between. It isn't synced to the disk:
// after a power cut the results may be those of some seconds earlier.
func change(path string, edit func([]Result) []Result) error {
	locked, err := lock(path)
	if err != nil {
		return err
	}
	defer locked.Close() // gives up the lock
	data, err := io.ReadAll(locked)
	if err != nil {
		return fmt.Errorf("read results: %w", err)
	}
	all, err := parse(path, data)
	if _, corrupt := errors.AsType[*corruptError](err); corrupt {
		aside := path + ".damaged"
		if err := os.WriteFile(aside, data, 0o644); err != nil {
			return fmt.Errorf("%s is damaged and can't be set aside: %w", path, err)
		}
		fmt.Fprintf(os.Stderr, "timing: %v: set aside as %s\n", err, aside)
	} else if err != nil {
		return err
	}
	out, err := json.MarshalIndent(contents{version, edit(all)}, "", " ")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return replace(path, append(out, '\n'))
}

func replace(path string, data []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
			err = fmt.Errorf("write results: %w", err)
		}
	}()
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// lockWithin bounds the wait for another program that is writing, which takes a
// millisecond; one that was stopped in the middle must not stop all others.
const lockWithin = 5 * time.Second

// lock opens the file at path, made if need be, and holds it for this process
// until it is closed.
//
// A change puts a new file in the old one's place, so whoever has waited for
// the old one's lock looks again.
func lock(path string) (*os.File, error) {
	deadline := time.Now().Add(lockWithin)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("open results: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && current(f, path) {
			return f, nil
		}
		f.Close()
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("lock %s: another program has held it for %v", path, lockWithin)
		}
		if err != nil {
			time.Sleep(pause)
		}
	}
}

// current reports whether f is still the file at path.
func current(f *os.File, path string) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}
