package queries

import (
	"context"
	"errors"
	"sync/atomic"
)

// Work stands for the time that a worker takes for a query. It returns result,
// which is an [ErrCrashed] for a query that crashes its worker, or
// context.Cause if the context ends before. The Call of a probe does.
type Work func(ctx context.Context, query string, result error) error

// Simulated returns a fleet whose workers are no processes. A query takes as
// long as work does, for which the clock of a synctest bubble may run.
func Simulated(work Work, opts ...Option) *Fleet {
	return newFleet(func() (line, error) { return &simulatedLine{work: work}, nil }, opts)
}

type simulatedLine struct {
	work            Work
	crashed, closed atomic.Bool
}

func (l *simulatedLine) ask(ctx context.Context, query string, crash bool) (string, error) {
	if l.closed.Load() {
		return "", errors.New("the worker is closed")
	}
	if l.crashed.Load() {
		return "", ErrCrashed
	}
	answer, result := Answer(query)
	if crash {
		answer, result = "", ErrCrashed
	}
	if err := l.work(ctx, query, result); err != nil {
		l.crashed.CompareAndSwap(false, errors.Is(err, ErrCrashed))
		return "", err
	}
	return answer, nil
}

func (l *simulatedLine) close() { l.closed.Store(true) }

func (l *simulatedLine) left() bool { return !l.closed.Load() }
