package procpool

import (
	"context"
	"errors"
	"iter"
)

// Run starts a pool of workers, maps the task over the inputs, and closes the
// pool: it combines [Start], [Task.Map], [Collect] and [Pool.Close]. The
// results are in the order of the inputs. The first error ends the work.
func (t *Task[In, Out]) Run(ctx context.Context, workers int, inputs iter.Seq[In], opts ...Option) ([]Out, error) {
	pool, err := Start(ctx, workers, opts...)
	if err != nil {
		return nil, err
	}
	results, err := Collect(t.Map(ctx, pool, inputs))
	return results, errors.Join(err, pool.Close())
}
