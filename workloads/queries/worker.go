package queries

import (
	"context"
	"errors"
	"fmt"
)

// A Worker answers queries one after another. Start one with [Fleet.Start].
type Worker struct {
	ledger *ledger
	conn   conn
	number int

	// Guarded by the ledger's lock.
	inside int  // queries in progress
	dead   bool // it crashed or was closed
	closed bool
}

// String returns the worker's name: the fleet's first worker is "worker 1".
func (w *Worker) String() string { return fmt.Sprintf("worker %d", w.number) }

// Ask asks a query and waits for the answer. The error wraps [ErrCrashed] if
// the worker's process has ended, and context.Cause if the context has.
// Otherwise it is the worker's error, for example for a malformed query.
func (w *Worker) Ask(ctx context.Context, query string) (string, error) {
	crash := w.ledger.enter(w, query)
	answer, err := w.conn.ask(ctx, query, crash)
	w.ledger.leave(w, errors.Is(err, ErrCrashed))
	if err != nil {
		return "", fmt.Errorf("%v: %w", w, err)
	}
	return answer, nil
}

// Close ends the worker and waits until its process has ended. Closing a worker
// again, or one that has crashed, is not an error.
func (w *Worker) Close() error {
	w.conn.close()
	w.ledger.closed(w)
	return nil
}
