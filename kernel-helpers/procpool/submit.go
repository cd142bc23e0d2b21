package procpool

import "context"

// A Future is a task in progress; see [Task.Submit].
type Future[Out any] struct {
	done   chan struct{}
	output Out
	err    error
}

// Submit submits one input to the pool and returns at once. If the context ends
// before the task, the task is withdrawn: if it is running, its context is
// cancelled, and a worker that keeps running for 50 ms is killed.
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
	if err := p.enqueue([]work{u}); err != nil {
		s.detach()
		f.end(err)
	}
	return f
}

func (f *Future[Out]) end(err error) {
	f.err = err
	close(f.done)
}

// Done returns a channel that is closed when the result has arrived.
func (f *Future[Out]) Done() <-chan struct{} { return f.done }

// Wait waits for the result and returns it. If ctx ends first, Wait returns its
// error, and the task continues: only the end of Submit's context withdraws it.
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

func (s *submitted[In, Out]) buffer() []answer[In, Out] { return nil }

// receive accepts the one result.
func (s *submitted[In, Out]) receive(batch []answer[In, Out]) {
	for _, a := range batch {
		s.detach()
		s.future.output = a.Output
		s.future.end(a.err)
	}
}
