package coursework

import (
	"context"
	"errors"
	"time"
)

// errSandbox says that the sandbox didn't stand, so that nothing ran in it: the
// machine was short of processes or memory at that moment.
type errSandbox struct{ said string }

func (e *errSandbox) Error() string {
	return "the sandbox could not be set up: " + e.said + ": end other programs, then run the same command again"
}

// retries are the pauses before further attempts.
var retries = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// retry tries again what a machine that is short of something didn't let begin.
func retry[T any](ctx context.Context, try func() (T, error)) (T, error) {
	for _, pause := range retries {
		v, err := try()
		if _, short := errors.AsType[*errSandbox](err); !short {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
	return try()
}
