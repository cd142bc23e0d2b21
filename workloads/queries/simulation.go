package queries

import (
	"context"
	"errors"
	"sync/atomic"
)

// A Work simulates the time that a worker takes for a query. It returns result,
// which is [ErrCrashed] for a query that crashes its worker, or context.Cause
// if the context ends first. A probe's Call method is suitable.
type Work func(ctx context.Context, query string, result error) error

// Simulated returns a fleet whose workers are not processes. A query takes as
// long as work does, for example on the clock of a synctest bubble.
func Simulated(work Work, opts ...Option) *Fleet {
	return newFleet(func() (conn, error) { return &simulatedConn{work: work}, nil }, opts)
}

type simulatedConn struct {
	work            Work
	crashed, closed atomic.Bool
}

func (l *simulatedConn) ask(ctx context.Context, query string, crash bool) (string, error) {
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

func (l *simulatedConn) close() { l.closed.Store(true) }

func (l *simulatedConn) left() bool { return !l.closed.Load() }
