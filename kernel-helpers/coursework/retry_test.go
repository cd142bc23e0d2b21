package coursework

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestAMachineThatIsShortForAMomentStopsNoGrading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		got, err := retry(t.Context(), func() (int, error) {
			if tries++; tries < 4 {
				return 0, &errSandbox{said: "no more processes"}
			}
			return 42, nil
		})
		if got != 42 || err != nil || tries != 4 {
			t.Errorf("got %d, %v after %d tries", got, err, tries)
		}
		tries = 0
		if _, err := retry(t.Context(), func() (int, error) { tries++; return 0, &errSandbox{} }); err == nil || tries != len(retries)+1 {
			t.Errorf("a machine that stays short: %v after %d tries", err, tries)
		}
		other := errors.New("a fault of the compiler")
		tries = 0
		if _, err := retry(t.Context(), func() (int, error) { tries++; return 0, other }); err != other || tries != 1 {
			t.Errorf("another error: %v after %d tries", err, tries)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(other)
		if _, err := retry(ctx, func() (int, error) { return 0, &errSandbox{} }); err != other {
			t.Errorf("with an ended context: %v", err)
		}
	})
}
