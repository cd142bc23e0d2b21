package supervisor

import (
	"context"
	"sync"

	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// inbox is an unlimited queue of requests. It has no limit because a client that
// sends a request must not wait for a cell that never ends.
type inbox struct {
	mu   sync.Mutex
	list []front.Request
	wake chan struct{}
}

func newInbox() inbox { return inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) put(r front.Request) {
	b.mu.Lock()
	b.list = append(b.list, r)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next waits for a request. It returns false when ctx ends.
func (b *inbox) next(ctx context.Context) (front.Request, bool) {
	for ctx.Err() == nil {
		b.mu.Lock()
		if len(b.list) > 0 {
			r := b.list[0]
			b.list = b.list[1:]
			b.mu.Unlock()
			return r, true
		}
		b.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-b.wake:
		}
	}
	return front.Request{}, false
}

// each calls handle with one request after another until ctx ends.
func (b *inbox) each(ctx context.Context, handle func(context.Context, front.Request)) {
	for {
		r, ok := b.next(ctx)
		if !ok {
			return
		}
		handle(ctx, r)
	}
}

// takeAll empties the inbox.
func (b *inbox) takeAll() []front.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.list
	b.list = nil
	return all
}
