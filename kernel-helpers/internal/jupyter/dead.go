package jupyter

import (
	"errors"
	"strings"
)

// ErrClosed is the cause of the [*DeadError] of a kernel that was ended by
// [Kernel.Shutdown] or [Kernel.Kill].
var ErrClosed = errors.New("it was shut down")

// A DeadError reports that a kernel's process has ended.
type DeadError struct {
	Kernel string // the spec's name
	State  string // "exit status 1", "signal: killed"
	Log    string // the last lines that the kernel wrote to stdout and stderr
	Cause  error  // why this package ended it, or nil if it ended by itself
}

func (e *DeadError) Error() string {
	switch e.Cause {
	case nil:
		return "jupyter: kernel " + e.Kernel + " died: " + e.State + quoteLog(e.Log)
	case ErrClosed: // the log is of no interest
		return "jupyter: kernel " + e.Kernel + " has ended:" + e.Cause.Error()
	}
	return "jupyter: kernel " + e.Kernel + " was ended: " + e.Cause.Error() + quoteLog(e.Log)
}

func (e *DeadError) Unwrap() error { return e.Cause }

func quoteLog(log string) string {
	if log == "" {
		return ""
	}
	return "\nthe last lines of its log:\n" + strings.ReplaceAll(log, "\n", "\n  ")
}
