package sandbox

import (
	"context"
	"errors"
	"strings"
	"time"
)

// SetupError reports that the sandbox could not be set up, so that nothing ran in
// it: at that moment the machine was short of processes or memory.
type SetupError struct{ Output string }

// NewSetupError returns the error for a sandbox that printed output instead of
// running a program.
func NewSetupError(output string) *SetupError {
	return &SetupError{Output: strings.TrimSpace(output)}
}

func (e *SetupError) Error() string {
	return "the sandbox could not be set up: " + e.Output + ": end other programs, then run the same command again"
}

// FailedSetup reports whether stderr is what bubblewrap prints when it can't set
// up the sandbox.
func FailedSetup(stderr string) bool { return strings.HasPrefix(stderr, "bwrap: ") }

// Retry calls try until it returns anything but a [SetupError], with the
// sandbox's RetryDelays between attempts.
func Retry[T any](ctx context.Context, s *Sandbox, try func() (T, error)) (T, error) {
	for _, delay := range s.RetryDelays {
		v, err := try()
		if _, short := errors.AsType[*SetupError](err); !short {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, context.Cause(ctx)
		case <-time.After(delay):
		}
	}
	return try()
}
