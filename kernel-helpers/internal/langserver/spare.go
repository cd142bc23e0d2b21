package langserver

import (
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// Sparing returns a judge that spares the user's gopls, with the go commands that it
// runs, and leaves all other processes to judge.
func Sparing(judge func(processes.Process) processes.Fate) func(processes.Process) processes.Fate {
	return func(p processes.Process) processes.Fate {
		if Is(p) {
			return processes.SpareTree
		}
		return judge(p)
	}
}

// Is reports whether a process is a gopls that kernels share.
func Is(p processes.Process) bool {
	return p.Name == "gopls" && !p.Zombie && isShared(arguments(p.PID))
}

// isShared reports whether these are arguments of [launch].
func isShared(arguments []string) bool {
	for i, argument := range arguments {
		if argument == "-listen" && i+1 < len(arguments) {
			socket, ok := strings.CutPrefix(arguments[i+1], "unix;")
			return ok && strings.HasPrefix(filepath.Base(socket), socketPrefix)
		}
	}
	return false
}
