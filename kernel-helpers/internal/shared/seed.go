package shared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// atOnce is how many files are copied at the same time.
const atOnce = 4

// seed copies the files of from that to lacks. Both are caches: a file's name says
// what is in it, so one that is there already is the same.
func seed(ctx context.Context, from, to string) error {
	copies, ctx := errgroup.WithContext(ctx)
	copies.SetLimit(atOnce)
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if _, err := os.Lstat(target); err == nil {
			return nil
		}
		copies.Go(func() error { return copyFile(path, target) })
		return nil
	})
	return errors.Join(copies.Wait(), err)
}

// copyFile copies a file, so that it is there as a whole or not at all. It reads the
// file into memory: the largest in these caches have some ten megabytes.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(to, data, 0o644)
}

// once calls do unless a file in dir says that it has succeeded for id. Another
// process that does the same is waited for.
func once(dir, id string, do func() error) error {
	stamp := filepath.Join(dir, "seeded-"+id)
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	// It waits as long as the other one copies; to wait is what the kernel has to do.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if _, err := os.Stat(stamp); err == nil {
		return nil
	}
	if err := do(); err != nil {
		return err
	}
	return os.WriteFile(stamp, nil, 0o600)
}
