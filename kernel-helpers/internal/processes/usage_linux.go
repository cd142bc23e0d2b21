package processes

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Usage returns the memory in use, in bytes, by a process and its descendants,
// and their number. It stops counting above most processes. It reads some files
// for each of them, and not the whole process table. Elsewhere than on Linux it
// knows nothing and returns zeros.
func Usage(pid, most int) (memory, processes int) {
	todo := []int{pid}
	for len(todo) > 0 && processes <= most {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		statm, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p), "statm"))
		if err != nil {
			continue
		}
		processes++
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			pages, _ := strconv.Atoi(fields[1])
			memory += pages * os.Getpagesize()
		}
		todo = append(todo, Children(p)...)
	}
	return memory, processes
}

// Children returns the processes that the threads of a process have started and
// that are still its children; elsewhere than on Linux, none.
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
