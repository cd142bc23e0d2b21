package jupyter

import (
	"errors"
	"strings"
)

// ErrClosed is the cause in a [*DeadError] of a kernel that was ended by
// [Kernel.Shutdown] or [Kernel.Kill].
var ErrClosed = errors.New("it was shut down")

// DeadError says that a kernel's process ended.
type DeadError struct {
	Kernel string // the spec's name
	State  string // "exit status 1", "signal: killed"
	Log    string // the last lines the kernel wrote to stdout and stderr
	Cause  error  // why this package ended it; nil if it didn't
}

func (e *DeadError) Error() string {
	switch e.Cause {
	case nil:
		return "jupyter: kernel " + e.Kernel + " died: " + e.State + quoteLog(e.Log)
	case ErrClosed: // nobody asks why
		return "jupyter: kernel " + e.Kernel + " is gone: " + e.Cause.Error()
	}
	return "jupyter: kernel " + e.Kernel + " was ended: " + e.Cause.Error() + quoteLog(e.Log)
}

func (e *DeadError) Unwrap() error { return e.Cause }

func quoteLog(log string) string {
	if log == "" {
		return ""
	}
	return "\nits last lines:\n  " + strings.ReplaceAll(log, "\n", "\n  ")
}
