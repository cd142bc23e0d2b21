package grader

import "context"

// Turns limits how many submissions are graded at once. A slow one moves to a
// lane of its own, where one submission at a time goes on at low priority and
// doesn't delay the others.
type Turns struct {
	fast chan struct{}
	slow chan struct{}
}

// MaxSlow is how many submissions may wait or go on in the slow lane before they
// keep others from starting.
const MaxSlow = 16

// NewTurns returns turns for n submissions at once.
func NewTurns(n int) *Turns {
	return &Turns{fast: make(chan struct{}, n), slow: make(chan struct{}, 1)}
}

// Turn is a submission's permission to be graded. It belongs to one goroutine.
type Turn struct {
	turns *Turns
	held  chan struct{}
}

// Take waits for a turn.
func (t *Turns) Take(ctx context.Context) (*Turn, error) {
	turn := &Turn{turns: t}
	return turn, turn.take(ctx, t.fast)
}

// Slow exchanges the turn for one in the slow lane, and waits for that.
func (t *Turn) Slow(ctx context.Context) error {
	if t.held == t.turns.slow {
		return nil
	}
	t.End()
	return t.take(ctx, t.turns.slow)
}

func (t *Turn) take(ctx context.Context, lane chan struct{}) error {
	select {
	case lane <- struct{}{}:
		t.held = lane
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// End gives the turn back. Further calls do nothing.
func (t *Turn) End() {
	if t.held != nil {
		<-t.held
		t.held = nil
	}
}
