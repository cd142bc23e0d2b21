package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// A Fleet starts workers and keeps account of them. Its methods may be called
// from several goroutines.
type Fleet struct {
	open    func() (line, error) // opens what stands behind a new worker
	refused []refusal
	books   books

	mu      sync.Mutex
	workers []*Worker // all that were opened
}

type refusal struct {
	number int
	err    error
}

// A line is the way to one worker.
type line interface {
	// ask answers a query, or ends the worker if it is to crash, with an error
	// that is an ErrCrashed.
	ask(ctx context.Context, query string, crash bool) (string, error)
	// close ends the worker and waits for its end.
	close()
	// left reports whether there is something that close has to end.
	left() bool
}

// An Option makes something go wrong in a fleet.
type Option func(*Fleet)

// Always is the number of times for a query that never ends well.
const Always = int(^uint(0) >> 1)

// Crash has a query crash its worker the first times that it is asked.
func Crash(query string, times int) Option {
	return func(f *Fleet) { f.books.query(query).crashes = times }
}

// Refuse has a start fail, the number-th, counted from 1.
func Refuse(number int, err error) Option {
	return func(f *Fleet) { f.refused = append(f.refused, refusal{number, err}) }
}

func newFleet(open func() (line, error), opts []Option) *Fleet {
	f := &Fleet{open: open}
	for _, opt := range opts {
		opt(f)
	}
	return f
}

// Start starts a worker. Close it, also after it has crashed.
func (f *Fleet) Start(ctx context.Context) (*Worker, error) {
	w, err := f.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("queries: start worker: %w", err)
	}
	return w, nil
}

func (f *Fleet) start(ctx context.Context) (*Worker, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w := &Worker{books: &f.books}
	w.number = f.books.wanted()
	for _, r := range f.refused {
		if r.number == w.number {
			return nil, r.err
		}
	}
	f.books.opened()
	var err error
	if w.line, err = f.open(); err != nil {
		f.books.closed(w)
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workers = append(f.workers, w)
	return w, nil
}

// Close closes the workers that nobody has closed.
func (f *Fleet) Close() {
	for _, w := range f.all() {
		w.Close()
	}
}

func (f *Fleet) all() []*Worker {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.workers)
}

// An Account is what a fleet has seen of those who used its workers.
type Account struct {
	Started      int            // workers that somebody wanted started, the refused ones too
	MostOpen     int            // workers at once, at most, from their start until they are closed
	MostInFlight int            // queries being answered at once, at most
	MostOnOne    int            // queries that one worker was asked at once, at most
	Crashed      int            // workers that crashed
	AskedAfter   int            // queries to workers that had crashed or been closed
	Asked        map[string]int // how often each query was asked
	Left         int            // workers that nobody has closed, or whose process isn't gone
}

// Account tells what has been so far.
func (f *Fleet) Account() Account {
	seen, queries := f.books.read()
	seen.Asked = make(map[string]int)
	for _, q := range queries {
		if q.times > 0 {
			seen.Asked[q.text] = q.times
		}
	}
	for _, w := range f.all() {
		if !f.books.isClosed(w) || w.line.left() {
			seen.Left++
		}
	}
	return seen
}

// ErrCrashed is the error of a query whose worker has crashed, with this query
// or before.
var ErrCrashed = errors.New("the worker has crashed")
