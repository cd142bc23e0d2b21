package coursework

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestASlowSubmissionTakesNobodysTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		hostile, err := turns.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second one got the only turn (%v)", err)
		}
		if err := hostile.slow(t.Context()); err != nil {
			t.Fatal(err)
		}
		next, err := turns.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waits, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := next.slow(waits); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("two go on apart at the same time (%v)", err)
		}
		next.end() // holds nothing now
		hostile.end()
		hostile.end()
		if len(turns.room)+len(turns.apart) != 0 {
			t.Error("a turn was not given back")
		}
	})
}
