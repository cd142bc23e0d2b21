package sandbox

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// workspaces are the folders of workspaces, in the folder for temporary files. Each is
// locked for as long as its process lives, so that another one can tell a workspace
// in use from one whose process was killed, in whatever container either runs.
const workspaces = "coursework-workspace-"

// fresh is how long a workspace may take from being made to being locked.
const fresh = time.Minute

// lockWorkspace locks a workspace's folder until the returned file is closed, or this
// process ends.
func lockWorkspace(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ours reports whether a file is this user's.
func ours(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// removeLeftovers removes this user's workspaces in base whose processes were killed
// before they could remove them.
func removeLeftovers(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, workspaces+"*")) // the pattern is right
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < fresh || !ours(info) {
			continue
		}
		if lock, err := lockWorkspace(dir); err == nil {
			_ = os.RemoveAll(dir) // what can't be removed harms nobody
			lock.Close()
		}
	}
}
