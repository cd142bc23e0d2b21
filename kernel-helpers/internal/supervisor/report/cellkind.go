package report

import (
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
)

// ReplayCommand is a cell that runs all cells with declarations again.
const ReplayCommand = "%replay"

// IsReplay reports whether a cell is the replay command.
func IsReplay(code string) bool { return strings.TrimSpace(code) == ReplayCommand }

// Declares reports whether a cell only declares: it has no body of main, no
// tests and no shell commands. GoNB's own settings (%env, %goflags) count as
// declarations.
func Declares(code string) bool {
	c, _ := cell.Split(code)
	if strings.TrimSpace(code) == "" || IsReplay(code) {
		return false
	}
	return c.Magic == nil && c.Body == nil && c.Main == nil && c.Exec == nil &&
		!slices.ContainsFunc(c.Commands, func(c cell.Command) bool { return c.Shell || c.Name == "test" || c.Name == "wasm" })
}

// IsTest reports whether a cell runs tests (%test).
func IsTest(code string) bool {
	c, _ := cell.Split(code)
	return slices.ContainsFunc(c.Commands, func(c cell.Command) bool { return c.Name == "test" })
}
