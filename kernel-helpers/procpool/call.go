package procpool

import (
	"context"
	"sync"
)

// A call is a Map in progress: inputs are fed to the pool, and results wait
// here until the caller takes them.
type call[In, Out any] struct {
	owner    owner
	task     *Task[In, Out]
	pool     *Pool
	settings mapSettings
	ordered  bool

	// Used by the caller's goroutine only.
	fed, yielded int
	drawn        bool // no inputs are left

	mu      sync.Mutex
	results []answer[In, Out] // arrived results; if ordered, in the order of the inputs, with gaps
	taken   int               // number of results that were taken from the front
	first   int               // index of the input of the next one
	spare   []answer[In, Out]
	waiting bool          // the caller is waiting
	woken   chan struct{} // holds a token when the caller should look
}

type answer[In, Out any] struct {
	Result[In, Out]
	err     error
	present bool
}

const (
	// feedBytes limits the memory of inputs and results in flight, unless that
	// would leave too few inputs for the workers.
	feedBytes = 16 << 20
	feedLeast = 2 // minimum of chunks for each worker, however large
	feedFirst = 8 // chunks for each worker while their size is unknown
	// feedMost is the maximum of inputs in flight for each worker, unless
	// feedFirst chunks are more: a full window, and more waiting.
	feedMost = 3 * window
)

// limit returns how many inputs may be in flight.
func (c *call[In, Out]) limit() int {
	workers := c.pool.settings.workers
	chunks := workers * c.settings.chunk
	if c.owner.inputs.Load() == 0 {
		return feedFirst * chunks
	}
	most := max(feedMost*workers, feedFirst*chunks)
	return min(max(feedBytes/max(c.owner.size(), 1), feedLeast*chunks), most)
}

// feed draws inputs if at most half of the allowed number are in flight.
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
	return c.pool.enqueue(units)
}

// receive accepts a result. Results come in any order.
func (c *call[In, Out]) receive(r Result[In, Out], err error) {
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
	if c.waiting && c.results[c.taken].present {
		c.waiting = false
		c.woken <- struct{}{}
	}
}

// wait returns the results that may be yielded now, at least one. They are
// valid until the next call of wait.
func (c *call[In, Out]) wait(ctx context.Context) ([]answer[In, Out], error) {
	for {
		c.mu.Lock()
		n := c.taken
		for n < len(c.results) && c.results[n].present {
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
		c.waiting = true
		c.mu.Unlock()
		select {
		case <-c.woken:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
