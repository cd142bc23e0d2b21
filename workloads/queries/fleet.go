package queries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// A Fleet starts workers and keeps account of them. Its methods are safe for
// concurrent use.
type Fleet struct {
	open    func() (conn, error) // creates a new worker's connection
	refused []refusal
	ledger  ledger

	mu      sync.Mutex
	workers []*Worker // all that were started
}

type refusal struct {
	number int
	err    error
}

// A conn is the connection to one worker.
type conn interface {
	// ask answers a query. If crash is set, it ends the worker instead and
	// returns an error that wraps ErrCrashed.
	ask(ctx context.Context, query string, crash bool) (string, error)
	// close ends the worker and waits for its end.
	close()
	// left reports whether there is anything for close to end.
	left() bool
}

// An Option makes something go wrong in a fleet.
type Option func(*Fleet)

// Always makes a query crash its worker every time; see [Crash].
const Always = int(^uint(0) >> 1)

// Crash makes a query crash its worker the first times that it is asked.
func Crash(query string, times int) Option {
	return func(f *Fleet) { f.ledger.query(query).crashes = times }
}

// Refuse makes a start fail: the one with this number, counted from 1.
func Refuse(number int, err error) Option {
	return func(f *Fleet) { f.refused = append(f.refused, refusal{number, err}) }
}

func newFleet(open func() (conn, error), opts []Option) *Fleet {
	f := &Fleet{open: open}
	for _, opt := range opts {
		opt(f)
	}
	return f
}

// Start starts a worker. Close it even if it crashes.
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
	w := &Worker{ledger: &f.ledger}
	w.number = f.ledger.requested()
	for _, r := range f.refused {
		if r.number == w.number {
			return nil, r.err
		}
	}
	f.ledger.opened()
	var err error
	if w.conn, err = f.open(); err != nil {
		f.ledger.closed(w)
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workers = append(f.workers, w)
	return w, nil
}

// Close closes the workers that are not closed yet.
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

// An Account is what a fleet has seen of the program that used its workers.
type Account struct {
	Started      int            // workers requested, including refused ones
	MostOpen     int            // maximum of workers at once, each from its start until it is closed
	MostInFlight int            // maximum of queries in progress at once
	MostOnOne    int            // maximum of queries in progress at once on one worker
	Crashed      int            // workers that crashed
	AskedAfter   int            // queries to workers that had crashed or been closed
	Asked        map[string]int // how often each query was asked
	Left         int            // workers that are not closed, or whose process still exists
}

// Account returns what the fleet has seen so far.
func (f *Fleet) Account() Account {
	seen, queries := f.ledger.read()
	seen.Asked = make(map[string]int)
	for _, q := range queries {
		if q.times > 0 {
			seen.Asked[q.text] = q.times
		}
	}
	for _, w := range f.all() {
		if !f.ledger.isClosed(w) || w.conn.left() {
			seen.Left++
		}
	}
	return seen
}

// ErrCrashed is the error of a query whose worker crashed during the query or
// before.
var ErrCrashed = errors.New("the worker crashed")
