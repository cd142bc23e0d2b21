package queries

import (
	"context"
	"errors"
	"fmt"
)

// A Worker answers queries, one after another. Start one with [Fleet.Start].
type Worker struct {
	books  *books
	line   line
	number int

	// Kept by the books:
	inside int  // queries that it has been asked and has not answered
	dead   bool // it has crashed or been closed
	closed bool
}

// String names the worker: "worker 1" is the fleet's first.
func (w *Worker) String() string { return fmt.Sprintf("worker %d", w.number) }

// Ask asks a query and waits for the answer. The error is an [ErrCrashed] if the
// worker's process has ended, context.Cause if the context has, and otherwise
// what the worker has to say against the query.
func (w *Worker) Ask(ctx context.Context, query string) (string, error) {
	crash := w.books.enter(w, query)
	answer, err := w.line.ask(ctx, query, crash)
	w.books.leave(w, errors.Is(err, ErrCrashed))
	if err != nil {
		return "", fmt.Errorf("%v: %w", w, err)
	}
	return answer, nil
}

// Close ends the worker and waits until its process is gone. Closing again, or
// a worker that has crashed, is no error.
func (w *Worker) Close() error {
	w.line.close()
	w.books.closed(w)
	return nil
}
