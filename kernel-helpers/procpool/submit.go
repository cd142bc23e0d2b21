package procpool

import "context"

// A Future is a task under way; see [Task.Submit].
type Future[Out any] struct {
	done   chan struct{}
	output Out
	err    error
}

// Submit hands one input to the pool and returns at once. When the context ends
// before the task has, the task is withdrawn: if it is in hand, its context
// ends, and a worker that goes on for 50 ms is killed.
func (t *Task[In, Out]) Submit(ctx context.Context, p *Pool, input In) *Future[Out] {
	f := &Future[Out]{done: make(chan struct{})}
	if ctx.Err() != nil {
		f.end(context.Cause(ctx))
		return f
	}
	s := &submitted[In, Out]{future: f}
	u := &unit[In, Out]{task: t, inputs: []In{input}, sink: s}
	u.owner = &s.owner
	s.detach = context.AfterFunc(ctx, func() { p.withdraw(&s.owner, context.Cause(ctx)) })
	if err := p.give([]work{u}); err != nil {
		s.detach()
		f.end(err)
	}
	return f
}

func (f *Future[Out]) end(err error) {
	f.err = err
	close(f.done)
}

// Done is closed when the result is there.
func (f *Future[Out]) Done() <-chan struct{} { return f.done }

// Wait returns the result when it is there, or the context's error when that
// ends first. The task goes on then: only the end of Submit's context withdraws
// it.
func (f *Future[Out]) Wait(ctx context.Context) (Out, error) {
	select {
	case <-f.done:
		return f.output, f.err
	default:
	}
	select {
	case <-f.done:
		return f.output, f.err
	case <-ctx.Done():
		var none Out
		return none, context.Cause(ctx)
	}
}

// A submitted is the sink of a future's result.
type submitted[In, Out any] struct {
	owner  owner
	future *Future[Out]
	detach func() bool
}

func (s *submitted[In, Out]) take(r Result[In, Out], err error) {
	s.detach()
	s.future.output = r.Output
	s.future.end(err)
}
