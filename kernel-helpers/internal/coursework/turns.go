package coursework

import "context"

// turns has so many submissions graded at a time. One whose tests run out of
// time gives its turn back and goes on apart, one after another and yielding
// processors: it doesn't slow the others.
type turns struct {
	room  chan struct{}
	apart chan struct{}
}

// mostApart is how many submissions wait or go on apart before they keep others
// from beginning.
const mostApart = 16

func newTurns(n int) *turns {
	return &turns{room: make(chan struct{}, n), apart: make(chan struct{}, 1)}
}

// turn is a submission's permission to go on. It belongs to one goroutine.
type turn struct {
	turns *turns
	held  chan struct{}
}

// take waits for a turn.
func (t *turns) take(ctx context.Context) (*turn, error) {
	own := &turn{turns: t}
	return own, own.hold(ctx, t.room)
}

// slow exchanges the turn for one apart.
func (t *turn) slow(ctx context.Context) error {
	if t.held == t.turns.apart {
		return nil
	}
	t.end()
	return t.hold(ctx, t.turns.apart)
}

func (t *turn) hold(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		t.held = place
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end gives the turn back, once.
func (t *turn) end() {
	if t.held != nil {
		<-t.held
		t.held = nil
	}
}
