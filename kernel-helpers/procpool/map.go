package procpool

import (
	"cmp"
	"context"
	"errors"
	"iter"
)

// A Result is the result of one input.
type Result[In, Out any] struct {
	Index  int // index of the input
	Input  In
	Output Out
	Worker string // the name of the worker that computed it
}

// A MapOption changes how [Task.Map] and [Task.AsCompleted] send inputs.
type MapOption func(*mapSettings)

type mapSettings struct{ chunk int }

// Chunk sends n inputs to a worker at a time and lets their results come back
// together. This pays off for tasks of a few microseconds; chunks of 50 bring
// most of the gain. On the other hand, a worker that is killed loses the
// results of its chunk that it has not sent. Their tasks run a second time, one
// by one, so that a crash is still attributed to one input. An n below 1 means
// 1.
//
// To pass whole chunks to the task, use [slices.Chunk] on the inputs.
func Chunk(n int) MapOption { return func(s *mapSettings) { s.chunk = max(n, 1) } }

// Map runs the task on each input and returns the results in the order of the
// inputs. If a task fails, its error takes the place of the result, and the
// others continue.
//
// Map draws inputs as results are consumed, a limited number ahead, so there
// may be more inputs than fit in memory. It draws them in the caller's
// goroutine: an input that is slow to come delays the results after it. An
// input must not change before its result has arrived.
//
// When the context ends, or the loop over the results, the remaining work is
// withdrawn: the contexts of running tasks are cancelled, and a worker that
// keeps running for 50 ms is killed. If the context or the pool has ended, that
// is the last error.
func (t *Task[In, Out]) Map(ctx context.Context, p *Pool, inputs iter.Seq[In], opts ...MapOption) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		for r, err := range t.results(ctx, p, inputs, opts, true) {
			if !yield(r.Output, err) {
				return
			}
		}
	}
}

// AsCompleted is like Map, but returns the results in the order in which the
// tasks end. A result contains its input, even with an error.
func (t *Task[In, Out]) AsCompleted(ctx context.Context, p *Pool, inputs iter.Seq[In], opts ...MapOption) iter.Seq2[Result[In, Out], error] {
	return t.results(ctx, p, inputs, opts, false)
}

// Collect returns all results of [Task.Map] or [Task.AsCompleted]. It returns
// the first error, which ends the work.
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
		// No work is left when the loop ends.
		defer func() { p.withdraw(&c.owner, cmp.Or(context.Cause(ctx), context.Canceled)) }()
		next, stop := iter.Pull(chunks(inputs, c.settings.chunk)) // a switch for each chunk, not for each input
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
			for i := range batch {
				a := &batch[i]
				c.yielded++
				if !yield(a.Result, a.err) {
					return
				}
				if a.err != nil && !isTaskError(a.err) {
					return
				}
				if c.fed-c.yielded > c.enough {
					continue
				}
				if err := c.feed(ctx, next); err != nil {
					yield(Result[In, Out]{}, err)
					return
				}
			}
		}
	}
}

// chunks returns the inputs in slices of n, of which the last one may be shorter.
func chunks[In any](inputs iter.Seq[In], n int) iter.Seq[[]In] {
	return func(yield func([]In) bool) {
		size := min(n, 1024) // there may be far fewer
		chunk := make([]In, 0, size)
		for in := range inputs {
			if chunk = append(chunk, in); len(chunk) < n {
				continue
			}
			if !yield(chunk) {
				return
			}
			size = n
			chunk = make([]In, 0, size)
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}

func isTaskError(err error) bool {
	_, ok := errors.AsType[*TaskError](err)
	return ok
}
