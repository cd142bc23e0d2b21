package grader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestASlowSubmissionTakesNobodysTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(1)
		hostile, err := turns.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while the only turn is taken, want to wait", err)
		}
		if err := hostile.Slow(t.Context()); err != nil {
			t.Fatal(err)
		}
		next, err := turns.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waits, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := next.Slow(waits); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while the slow lane is taken, want to wait", err)
		}
		next.End() // holds nothing now
		hostile.End()
		hostile.End()
		if len(turns.fast)+len(turns.slow) != 0 {
			t.Error("got a turn that was not given back, want none")
		}
	})
}
