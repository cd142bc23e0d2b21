package supervisor

import (
	"fmt"
	"strings"
)

// replayCommand is a cell that runs all cells again that declared something.
const replayCommand = "%replay"

// replay runs the session's declaring cells again, in order, up to the first
// that fails.
func (x *execution) replay() *failure {
	n := 0
	for _, e := range x.s.history.declared() {
		reply, err := x.pass(e.source)
		if f := x.judge(reply, err); f != nil {
			f.traceback = append(f.traceback, fmt.Sprintf("while cell %d was run again", e.count))
			return f
		}
		n++
	}
	x.out.write("stdout", fmt.Sprintf("%d cells that declare something were run again.\n", n))
	return nil
}

// declares reports whether a cell only declares: no body of main, no tests, no
// shell commands. GoNB's own settings (%env, %goflags) count as declarations.
func declares(code string) bool {
	if strings.TrimSpace(code) == "" || strings.TrimSpace(code) == replayCommand {
		return false
	}
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "//gonb:"))
		for _, begin := range []string{"%%", "%main", "%test", "%exec", "%wasm", "!", "func main("} {
			if strings.HasPrefix(line, begin) {
				return false
			}
		}
	}
	return true
}
