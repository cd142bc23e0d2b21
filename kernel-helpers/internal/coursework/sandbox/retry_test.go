package sandbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestAShortageForAMomentDoesNotStopGrading(t *testing.T) {
	s := &Sandbox{RetryDelays: defaultDelays}
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		got, err := Retry(t.Context(), s, func() (int, error) {
			if tries++; tries < 4 {
				return 0, &SetupError{Output: "no more processes"}
			}
			return 42, nil
		})
		if got != 42 || err != nil || tries != 4 {
			t.Errorf("got %d, %v after %d tries, want 42 after 4", got, err, tries)
		}
		tries = 0
		if _, err := Retry(t.Context(), s, func() (int, error) { tries++; return 0, &SetupError{} }); err == nil || tries != len(s.RetryDelays)+1 {
			t.Errorf("a machine that stays short: got %v after %d tries, want an error after %d", err, tries, len(s.RetryDelays)+1)
		}
		other := errors.New("a fault of the compiler")
		tries = 0
		if _, err := Retry(t.Context(), s, func() (int, error) { tries++; return 0, other }); err != other || tries != 1 {
			t.Errorf("another error: got %v after %d tries, want %v after 1", err, tries, other)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(other)
		if _, err := Retry(ctx, s, func() (int, error) { return 0, &SetupError{} }); err != other {
			t.Errorf("with a cancelled context: got %v, want %v", err, other)
		}
	})
}
