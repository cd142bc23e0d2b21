package procpool

import (
	"context"
	"sync"
)

// A call is a Map under way: inputs are fed to the pool and results wait here
// until the caller takes them.
type call[In, Out any] struct {
	owner    owner
	task     *Task[In, Out]
	pool     *Pool
	settings mapSettings
	ordered  bool

	// Of the caller's goroutine:
	fed, yielded int
	drawn        bool // all inputs have been

	mu      sync.Mutex
	results []answer[In, Out] // that have come; with ordered, in their order, with gaps
	taken   int               // how many of results have been
	first   int               // number of the input of the next one
	spare   []answer[In, Out]
	wanted  bool          // the caller waits
	woken   chan struct{} // holds a token when it should look
}

type answer[In, Out any] struct {
	Result[In, Out]
	err   error
	there bool
}

const (
	// feedBytes bounds the memory of inputs and results under way, as far as
	// some inputs a worker allow.
	feedBytes = 16 << 20
	feedLeast = 2 // chunks for each worker, however large
	feedFirst = 8 // while their size is unknown, and so many chunks at most
	// feedMost is how many inputs for each worker are under way at most, if that
	// is not less than some chunks: its window full, and more waiting.
	feedMost = 3 * window
)

// limit is how many inputs may be under way.
func (c *call[In, Out]) limit() int {
	workers := c.pool.settings.workers
	chunks := workers * c.settings.chunk
	if c.owner.inputs.Load() == 0 {
		return feedFirst * chunks
	}
	most := max(feedMost*workers, feedFirst*chunks)
	return min(max(feedBytes/max(c.owner.size(), 1), feedLeast*chunks), most)
}

// feed draws inputs when no more than half as many are under way as may be.
func (c *call[In, Out]) feed(ctx context.Context, next func() (In, bool)) error {
	if c.drawn {
		return nil
	}
	limit := c.limit()
	if c.fed-c.yielded > limit/2 {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var units []work
	for !c.drawn && c.fed-c.yielded < limit {
		u := &unit[In, Out]{task: c.task, first: c.fed, sink: c}
		u.owner = &c.owner
		u.inputs = make([]In, 0, min(c.settings.chunk, 1024))
		for len(u.inputs) < c.settings.chunk {
			in, ok := next()
			if !ok {
				c.drawn = true
				break
			}
			u.inputs = append(u.inputs, in)
		}
		if len(u.inputs) > 0 {
			units = append(units, u)
			c.fed += len(u.inputs)
		}
	}
	if len(units) == 0 {
		return nil
	}
	return c.pool.give(units)
}

// take is called with each result, in any order.
func (c *call[In, Out]) take(r Result[In, Out], err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := answer[In, Out]{r, err, true}
	if !c.ordered {
		c.results = append(c.results, a)
	} else {
		at := c.taken + r.Index - c.first
		for len(c.results) <= at {
			c.results = append(c.results, answer[In, Out]{})
		}
		c.results[at] = a
	}
	if c.wanted && c.results[c.taken].there {
		c.wanted = false
		c.woken <- struct{}{}
	}
}

// wait returns the results that may be yielded now, at least one. They are
// valid until it is called again.
func (c *call[In, Out]) wait(ctx context.Context) ([]answer[In, Out], error) {
	for {
		c.mu.Lock()
		n := c.taken
		for n < len(c.results) && c.results[n].there {
			n++
		}
		if ready := c.results[c.taken:n]; len(ready) > 0 {
			c.spare = append(c.spare[:0], ready...)
			clear(ready)
			c.first += len(ready)
			if c.taken = n; 2*c.taken >= len(c.results) {
				left := copy(c.results, c.results[c.taken:])
				clear(c.results[left:])
				c.results, c.taken = c.results[:left], 0
			}
			c.mu.Unlock()
			return c.spare, nil
		}
		c.wanted = true
		c.mu.Unlock()
		select {
		case <-c.woken:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
