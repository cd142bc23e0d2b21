// Package child starts this program again as a child process that answers
// requests over two pipes. It is how the workloads of this course get a process
// of their own without a second program to build.
//
// The package that needs a child calls [Serve] in its init function: in the
// child the program ends there, so that neither the packages that are
// initialised later nor main run in it. The parent calls [Start], and
// [Process.Call] as often as it likes.
//
// Requests and answers are JSON, one a line, and each request is answered once.
// The pipe of requests is also the child's lease of life: when it closes, as
// the end of the parent closes it, the child ends.
package child

import (
	"encoding/json"
	"os"
	"runtime"
)

// The child's descriptors besides the standard three; see Start.
const (
	requestsFD = 3
	answersFD  = 4
	lastFD     = answersFD
)

type request struct {
	ID  uint64          `json:"id"`
	Ask json.RawMessage `json:"ask"`
}

type reply struct {
	ID     uint64          `json:"id"`
	Error  string          `json:"error,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// program returns a path of the running program. On Linux it is one that
// stays right when the file is replaced or removed, as `go run` and notebook
// kernels may do.
func program() (string, error) {
	if runtime.GOOS == "linux" {
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	return os.Executable()
}
