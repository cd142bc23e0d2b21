package processes

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Usage returns the total size of a process and its descendants in memory, in
// bytes, and their number. It stops when there are more than most processes. It
// reads a few files for each of them instead of the whole process table. On other
// systems than Linux it returns zeros.
func Usage(pid, most int) (memory, processes int) {
	for _, p := range Family(pid, most) {
		statm, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p), "statm"))
		if err != nil {
			continue
		}
		processes++
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			pages, _ := strconv.Atoi(fields[1])
			memory += pages * os.Getpagesize()
		}
	}
	return memory, processes
}

// Family returns the PIDs of a process and its descendants, the process's own first.
// It stops when there are more than most. On other systems than Linux it returns nil.
func Family(pid, most int) (pids []int) {
	todo := []int{pid}
	for len(todo) > 0 && len(pids) <= most {
		p := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], Children(p)...)
		pids = append(pids, p)
	}
	return pids
}

// Children returns the PIDs of a process's children. On other systems than Linux
// it returns nil.
func Children(pid int) (pids []int) {
	lists, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
