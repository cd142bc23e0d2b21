package queries

import (
	"context"
	"errors"
	"fmt"
)

// A Worker answers queries, one after another. Start one with [Fleet.Start].
type Worker struct {
	fleet  *Fleet
	line   line
	number int

	// Under the fleet's lock:
	inside int  // queries that it has been asked and has not answered
	dead   bool // it has crashed or been closed
}

// String names the worker: "worker 1" is the fleet's first.
func (w *Worker) String() string { return fmt.Sprintf("worker %d", w.number) }

// Ask asks a query and waits for the answer. The error is an [ErrCrashed] if the
// worker's process has ended, context.Cause if the context has, and otherwise
// what the worker has to say against the query.
func (w *Worker) Ask(ctx context.Context, query string) (string, error) {
	crash := w.enter(query)
	answer, err := w.line.ask(ctx, query, crash)
	w.leave(errors.Is(err, ErrCrashed))
	if err != nil {
		return "", fmt.Errorf("%v: %w", w, err)
	}
	return answer, nil
}

// enter counts a query in and tells whether it is to crash the worker.
func (w *Worker) enter(query string) (crash bool) {
	f := w.fleet
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account.Asked[query]++
	f.inside++
	w.inside++
	f.account.MostInFlight = max(f.account.MostInFlight, f.inside)
	f.account.MostOnOne = max(f.account.MostOnOne, w.inside)
	if w.dead {
		f.account.AskedAfter++
		return false
	}
	if f.crashes[query] > 0 {
		f.crashes[query]--
		return true
	}
	return false
}

func (w *Worker) leave(crashed bool) {
	f := w.fleet
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inside--
	w.inside--
	if crashed && !w.dead {
		f.account.Crashed++
		w.die()
	}
}

// die needs the fleet's lock.
func (w *Worker) die() {
	w.dead = true
	w.fleet.alive--
}

// Close ends the worker and waits until its process is gone. Closing again, or
// a worker that has crashed, is no error.
func (w *Worker) Close() error {
	w.fleet.mu.Lock()
	if !w.dead {
		w.die()
	}
	w.fleet.mu.Unlock()
	w.line.close()
	return nil
}
