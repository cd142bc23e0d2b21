package langserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"example.com/speedup/kernel-helpers/base/tempdir"
)

// FolderEnv names an environment variable with the folder for sockets, in place of
// the user's folder below the one for temporary files.
const FolderEnv = "SPEEDUP_GOPLS"

// longestTemp limits the path of the folder for temporary folders, in bytes.
const longestTemp = 24

// Folder returns the user's folder for sockets. It need not exist.
func Folder() string {
	if dir := os.Getenv(FolderEnv); dir != "" {
		return dir
	}
	return filepath.Join(tempdir.In(longestTemp), "speedup-gopls-"+strconv.Itoa(os.Getuid()))
}

// makePrivate makes a folder that only this user can enter. The folder around it may
// be one where everybody writes, so a folder that is there already is checked.
func makePrivate(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !tempdir.IsOurs(info) {
		return fmt.Errorf("%s is not a folder of this user alone: remove it", dir)
	}
	return nil
}
