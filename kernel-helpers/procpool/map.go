package procpool

import (
	"cmp"
	"context"
	"errors"
	"iter"
)

// A Result is the result of one input.
type Result[In, Out any] struct {
	Index  int // of the input, from 0
	Input  In
	Output Out
	Worker string // the name of the worker that it comes from
}

// A MapOption changes how [Task.Map] and [Task.AsCompleted] send inputs.
type MapOption func(*mapSettings)

type mapSettings struct{ chunk int }

// Chunk sends n inputs to a worker at a time and lets their results come back
// together, which pays for tasks of a few microseconds; some 50 are enough for
// most of the gain. In exchange a worker
// that is killed loses the results of its chunk that it has not sent yet: their
// tasks are run a second time, one by one, so that a crash is still put down to
// one input. Less than 1 is 1.
//
// To hand whole chunks to the task, take [slices.Chunk] for the inputs.
func Chunk(n int) MapOption { return func(s *mapSettings) { s.chunk = max(n, 1) } }

// Map runs the task on each input and returns the results in the order of the
// inputs. The error of a task comes in its place, and the others go on.
//
// Inputs are drawn as results are used, a limited number ahead, so there may be
// more of them than memory holds. They are drawn in the caller's goroutine: one
// that is long in coming holds up the results behind it. An input must not
// change before its result is there.
//
// When the context ends, or the loop over the results does, what is left of the
// work is withdrawn: the contexts of tasks in hand end, and a worker that goes
// on for 50 ms is killed. The end of the context or of the pool is the last
// error.
func (t *Task[In, Out]) Map(ctx context.Context, p *Pool, inputs iter.Seq[In], opts ...MapOption) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		for r, err := range t.results(ctx, p, inputs, opts, true) {
			if !yield(r.Output, err) {
				return
			}
		}
	}
}

// AsCompleted is Map with the results in the order in which tasks end. A result
// tells its input, also with an error.
func (t *Task[In, Out]) AsCompleted(ctx context.Context, p *Pool, inputs iter.Seq[In], opts ...MapOption) iter.Seq2[Result[In, Out], error] {
	return t.results(ctx, p, inputs, opts, false)
}

// Collect returns all results of [Task.Map] or [Task.AsCompleted], or the first
// error, which ends the work.
func Collect[Out any](results iter.Seq2[Out, error]) ([]Out, error) {
	var all []Out
	for r, err := range results {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (t *Task[In, Out]) results(ctx context.Context, p *Pool, inputs iter.Seq[In], opts []MapOption, ordered bool) iter.Seq2[Result[In, Out], error] {
	return func(yield func(Result[In, Out], error) bool) {
		c := &call[In, Out]{task: t, pool: p, ordered: ordered, woken: make(chan struct{}, 1)}
		c.settings.chunk = 1
		for _, opt := range opts {
			opt(&c.settings)
		}
		// Nothing of the work is left when the loop is over.
		defer func() { p.withdraw(&c.owner, cmp.Or(context.Cause(ctx), context.Canceled)) }()
		next, stop := iter.Pull(inputs)
		defer stop()
		for {
			if err := c.feed(ctx, next); err != nil {
				yield(Result[In, Out]{}, err)
				return
			}
			if c.yielded == c.fed {
				return
			}
			batch, err := c.wait(ctx)
			if err != nil {
				yield(Result[In, Out]{}, err)
				return
			}
			for _, a := range batch {
				c.yielded++
				if !yield(a.Result, a.err) {
					return
				}
				if a.err != nil && !isTaskError(a.err) {
					return
				}
				if err := c.feed(ctx, next); err != nil {
					yield(Result[In, Out]{}, err)
					return
				}
			}
		}
	}
}

func isTaskError(err error) bool {
	_, ok := errors.AsType[*TaskError](err)
	return ok
}
