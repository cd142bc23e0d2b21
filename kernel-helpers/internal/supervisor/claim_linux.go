package supervisor

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// lockHolders returns the processes, other than this one, that hold the lock on a
// file. It reads /proc/PID/fd and fdinfo (proc_pid_fdinfo(5)) of all processes
// of this user, which takes some milliseconds.
func lockHolders(file *os.File) (pids []int, err error) {
	want, err := file.Stat()
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		dir := filepath.Dir(filepath.Dir(name))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if got, err := os.Stat(name); err != nil || !os.SameFile(got, want) {
			continue
		}
		info, err := os.ReadFile(filepath.Join(dir, "fdinfo", filepath.Base(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist): // closed meanwhile
		case err != nil:
			return nil, err
		case bytes.Contains(info, []byte("FLOCK")) && !slices.Contains(pids, pid):
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// isKeeper reports whether a process that holds the lock on a connection file is a
// keeper.
func isKeeper(pid int) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+homeEnv+"="))
}
