//go:build browser

package lab_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killMarked kills every process that has the environment variable, and returns
// the names of the processes. A kernel and its gopls leave JupyterLab's process
// group, so only the environment shows who started them.
func killMarked(variable string) []string {
	names := map[int]string{}
	deadline := time.Now().Add(5 * time.Second)
	for {
		found := marked(variable)
		if len(found) == 0 || time.Now().After(deadline) {
			return slices.Sorted(maps.Values(names))
		}
		for pid, name := range found {
			names[pid] = name
			syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(5 * time.Millisecond) // they are not our children, so there is no way to wait for them
	}
}

// marked returns the names of the processes that have the environment variable.
func marked(variable string) map[int]string {
	found := map[int]string{}
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		environment, err := os.ReadFile(filepath.Join(folder, "environ")) // empty for a zombie
		if err != nil || !slices.Contains(strings.Split(string(environment), "\x00"), variable) {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(folder, "comm"))
		pid, _ := strconv.Atoi(filepath.Base(folder))
		found[pid] = strings.TrimSpace(string(name))
	}
	return found
}
