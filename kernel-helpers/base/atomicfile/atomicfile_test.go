package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// names returns the names of all files in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func check(t *testing.T, path, text string, perm fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != text || info.Mode() != perm {
		t.Errorf("got %q, %v; want %q, %v", got, info.Mode(), text, perm)
	}
}

func TestWriteFileCreatesAndReplaces(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for name, c := range map[string]struct {
		o    Options
		perm fs.FileMode
		want fs.FileMode
	}{
		"plain":   {Options{}, 0o666, 0o644},
		"private": {Options{}, 0o600, 0o600},
		"named":   {Options{Temp: ".new"}, 0o666, 0o644},
		"pattern": {Options{Temp: "new-*"}, 0o666, 0o644},
		"synced":  {Options{Sync: true}, 0o666, 0o644},
		"a * b":   {Options{}, 0o666, 0o644},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		for _, text := range []string{"one, which is longer", "two"} {
			if err := c.o.WriteFile(path, []byte(text), c.perm); err != nil {
				t.Fatal(err)
			}
			check(t, path, text, c.want)
		}
		if got := names(t, dir); !slices.Equal(got, []string{name}) {
			t.Errorf("got the files %q, want only %q", got, name)
		}
	}
}

func TestAnOlderFilesPermissionsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (Options{Like: old}).WriteFile(path, []byte("new"), 0o666); err != nil {
		t.Fatal(err)
	}
	check(t, path, "new", 0o640)
}

func TestAFailureKeepsTheOldFile(t *testing.T) {
	for _, o := range []Options{{}, {Temp: ".new"}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "folder") // a file can't replace it
		if err := os.MkdirAll(filepath.Join(path, "in"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := o.WriteFile(path, []byte("new"), 0o600); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("got error %v, want one error", err)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"folder"}) {
			t.Errorf("got the files %q, want only the folder", got)
		}
	}
	if err := WriteFile(filepath.Join(t.TempDir(), "none", "file"), nil, 0o600); err == nil {
		t.Error("a file in a missing folder: got no error, want one")
	}
}

func TestFilesOfKilledProgramsAreNoObstacle(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, left := range []string{".new", fmt.Sprintf(".file.%d-0.tmp", os.Getpid())} {
		if err := os.WriteFile(filepath.Join(dir, left), []byte("left by a killed program"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []Options{{}, {Temp: ".new"}} {
		if err := o.WriteFile(path, []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, path, "new", 0o600)
	}
	if got := names(t, dir); slices.Contains(got, ".new") {
		t.Errorf("got the files %q, want .new renamed", got)
	}
}

func TestConcurrentWritersLeaveOneCompleteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				if err := WriteFile(path, []byte(strings.Repeat(fmt.Sprint(i), 1<<12)), 0o600); err != nil {
					t.Error(err)
				}
				text, err := os.ReadFile(path)
				if err != nil || len(text) != 1<<12 || strings.Trim(string(text), string(text[:1])) != "" {
					t.Errorf("got %d bytes, %v; want those of one writer", len(text), err)
				}
			}
		})
	}
	all.Wait()
	if got := names(t, dir); !slices.Equal(got, []string{"file"}) {
		t.Errorf("got the files %q, want only file", got)
	}
}
