package procpool

import (
	"context"
	"slices"
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
	enough       int  // with more inputs in flight, none are fed
	drawn        bool // no inputs are left

	mu      sync.Mutex
	results []answer[In, Out] // arrived results; if ordered, in the order of the inputs, with gaps
	taken   int               // number of results that were taken from the front
	first   int               // index of the input of the next one
	spare   []answer[In, Out] // those that are yielded
	buffers [][]answer[In, Out]
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
func (c *call[In, Out]) feed(ctx context.Context, next func() ([]In, bool)) error {
	if c.drawn {
		return nil
	}
	limit := c.limit()
	c.enough = limit / 2
	if c.fed-c.yielded > c.enough {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var units []work
	for c.fed-c.yielded < limit {
		inputs, more := next()
		if !more {
			c.drawn = true
			break
		}
		u := &unit[In, Out]{task: c.task, first: c.fed, inputs: inputs, sink: c}
		u.owner = &c.owner
		units = append(units, u)
		c.fed += len(inputs)
	}
	if len(units) == 0 {
		return nil
	}
	return c.pool.enqueue(units)
}

// buffer returns an empty slice for results, which receive takes back.
func (c *call[In, Out]) buffer() []answer[In, Out] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := len(c.buffers) - 1; last >= 0 {
		b := c.buffers[last]
		c.buffers = c.buffers[:last]
		return b
	}
	return nil
}

// receive accepts results of inputs that follow each other. Such batches come in any
// order.
func (c *call[In, Out]) receive(batch []answer[In, Out]) {
	if len(batch) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := len(c.results)
	if c.ordered {
		at = c.taken + batch[0].Index - c.first
	}
	if at == 0 && len(c.results) == 0 {
		c.results, batch = batch, c.results // as nearly always, nothing needs to be copied
	} else {
		if end := at + len(batch); end > len(c.results) {
			c.results = slices.Grow(c.results, end-len(c.results))[:end]
		}
		copy(c.results[at:], batch)
		clear(batch)
	}
	c.buffers = append(c.buffers, batch[:0])
	if c.waiting && c.results[c.taken].present {
		c.waiting = false
		c.woken <- struct{}{}
	}
}

// take moves the results before index n to c.spare. Its caller holds the lock. What
// follows the results in their slices is zero, as only present ones may be.
func (c *call[In, Out]) take(n int) {
	c.first += n - c.taken
	clear(c.spare)
	if c.taken == 0 && n == len(c.results) {
		c.spare, c.results = c.results, c.spare[:0]
		return
	}
	ready := c.results[c.taken:n]
	c.spare = append(c.spare[:0], ready...)
	clear(ready)
	if c.taken = n; 2*c.taken >= len(c.results) {
		left := copy(c.results, c.results[c.taken:])
		clear(c.results[left:])
		c.results, c.taken = c.results[:left], 0
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
		if n > c.taken {
			c.take(n)
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
