package sandbox

import (
	"os"
	"path/filepath"
	"time"

	"example.com/speedup/kernel-helpers/base/tempdir"
)

// workspaces are the folders of workspaces, in the folder for temporary files. Each is
// locked for as long as its process lives, so that another one can tell a workspace
// in use from one whose process was killed, in whatever container either runs.
const workspaces = "coursework-workspace-"

// fresh is how long a workspace may take from being made to being locked.
const fresh = time.Minute

// removeLeftovers removes this user's workspaces in base whose processes were killed
// before they could remove them.
func removeLeftovers(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, workspaces+"*")) // the pattern is right
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < fresh || !tempdir.IsOurs(info) {
			continue
		}
		if lock, err := tempdir.Lock(dir); err == nil {
			_ = os.RemoveAll(dir) // what can't be removed harms nobody
			lock.Close()
		}
	}
}
