package report

import (
	"slices"
	"strings"
)

// ReplayCommand is a cell that runs all cells with declarations again.
const ReplayCommand = "%replay"

// IsReplay reports whether a cell is the replay command.
func IsReplay(code string) bool { return strings.TrimSpace(code) == ReplayCommand }

// Declares reports whether a cell only declares: it has no body of main, no
// tests and no shell commands. GoNB's own settings (%env, %goflags) count as
// declarations.
func Declares(code string) bool {
	if strings.TrimSpace(code) == "" || IsReplay(code) {
		return false
	}
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(strings.TrimPrefix(line, gonbComment))
		for _, begin := range []string{"%%", "%main", "%test", "%exec", "%wasm", "!", "func main("} {
			if strings.HasPrefix(line, begin) {
				return false
			}
		}
	}
	return true
}

// IsTest reports whether a cell runs tests (%test).
func IsTest(code string) bool {
	return slices.ContainsFunc(strings.Split(code, "\n"), func(line string) bool {
		line = strings.TrimPrefix(line, gonbComment)
		return line == "%test" || strings.HasPrefix(line, "%test ")
	})
}

// gonbComment may stand before a command, so that the cell is valid Go.
const gonbComment = "//gonb:"

// isCommand reports whether GoNB takes a line for itself.
func isCommand(line string) bool {
	line = strings.TrimPrefix(line, gonbComment)
	return strings.HasPrefix(line, "%") || strings.HasPrefix(line, "!")
}

// hasCellMagic reports whether the first line of a cell makes all of it
// something other than Go.
func hasCellMagic(first string) bool {
	first = strings.TrimPrefix(strings.TrimSpace(first), gonbComment)
	for _, magic := range []string{"%%bash", "%%sh", "%%script", "%%writefile"} {
		if first == magic || strings.HasPrefix(first, magic+" ") {
			return true
		}
	}
	return false
}
