package queries

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A Fleet starts workers and keeps account of them. Its methods may be called
// from several goroutines.
type Fleet struct {
	open func() (line, error) // opens what stands behind a new worker

	mu      sync.Mutex
	crashes map[string]int // how often a query will crash its worker yet
	refused map[int]error  // by number, from 1, of a start
	account Account
	workers []*Worker // all that were started
	inside  int       // queries being answered
	alive   int       // workers that have neither been closed nor crashed
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
	return func(f *Fleet) { f.crashes[query] = times }
}

// Refuse has a start fail, the number-th, counted from 1.
func Refuse(number int, err error) Option {
	return func(f *Fleet) { f.refused[number] = err }
}

func newFleet(open func() (line, error), opts []Option) *Fleet {
	f := &Fleet{
		open:    open,
		crashes: make(map[string]int),
		refused: make(map[int]error),
		account: Account{Asked: make(map[string]int)},
	}
	for _, opt := range opts {
		opt(f)
	}
	return f
}

// Start starts a worker. Close it, also after it has crashed.
func (f *Fleet) Start(ctx context.Context) (*Worker, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("queries: start worker: %w", err)
	}
	f.mu.Lock()
	f.account.Started++
	number := f.account.Started
	err := f.refused[number]
	if err == nil {
		f.alive++
		f.account.MostAlive = max(f.account.MostAlive, f.alive)
	}
	f.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("queries: start worker: %w", err)
	}
	line, err := f.open()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.alive--
		return nil, fmt.Errorf("queries: start worker: %w", err)
	}
	w := &Worker{fleet: f, line: line, number: number}
	f.workers = append(f.workers, w)
	return w, nil
}

// Close ends the workers that nobody has closed and waits for their end.
func (f *Fleet) Close() {
	f.mu.Lock()
	workers := slices.Clone(f.workers)
	f.mu.Unlock()
	for _, w := range workers {
		w.line.close()
	}
}

// An Account is what a fleet has seen of those who used its workers.
type Account struct {
	Started      int            // workers that somebody wanted started, the refused ones too
	MostAlive    int            // workers at once, at most: started, neither crashed nor closed
	MostInFlight int            // queries being answered at once, at most
	MostOnOne    int            // queries that one worker was asked at once, at most
	Crashed      int            // workers that crashed
	AskedAfter   int            // queries to workers that had crashed or been closed
	Asked        map[string]int // how often each query was asked
	Left         int            // workers whose process, if they have one, isn't gone and waited for
}

// Account tells what has been so far.
func (f *Fleet) Account() Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.account
	seen.Asked = maps.Clone(seen.Asked)
	for _, w := range f.workers {
		if w.line.left() {
			seen.Left++
		}
	}
	return seen
}

// ErrCrashed is the error of a query whose worker has crashed, with this query
// or before.
var ErrCrashed = errors.New("the worker has crashed")
