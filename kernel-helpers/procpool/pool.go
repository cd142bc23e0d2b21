package procpool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// A Pool is a number of worker processes. Its methods, and those of tasks and
// futures, may be called from any number of goroutines.
type Pool struct {
	settings settings
	tasks    []string
	printer  printer
	detach   func() // from Start's context; its end has no effect on the pool any more
	minders  sync.WaitGroup

	mu        sync.Mutex
	queue     []work
	processes map[*process]bool // all that run
	workers   []*worker         // those that serve
	started   int               // processes so far
	lastID    uint64
	open      int           // work not ended
	drained   chan struct{} // closed when open is 0 after Close, nil before
	closed    bool          // no more work is taken
	ending    bool          // workers end when they have done their work
	dead      error         // why all work fails, nil while it doesn't
	failures  int           // workers in a row that ended before they began anything
}

// A worker is a process that serves. Its fields are under the pool's lock.
type worker struct {
	*process
	sent      []work // and not ended
	bytes     int    // estimate of sent
	outbox    []command
	wake      chan struct{} // holds a token when the outbox has got something
	recalling bool
	overdue   *time.Timer // kills the worker; nil without a time-out
	begun     bool        // it has begun some work
	panicked  bool        // the first unanswered input of the work in hand was the cause
	done      int
}

// A command is a frame for a worker.
type command struct {
	kind   byte
	work   work
	number uint64 // id to cancel, or count to recall
}

const (
	// window is how many units of work are sent ahead to a worker. It gets
	// more when half of them are done, so that writing costs little.
	window = 64
	// windowBytes is how much of its pipe and memory they may take.
	windowBytes = 1 << 20

	// startLimit bounds the start of a worker.
	startLimit = 30 * time.Second
	// How long a worker may go on with a task that should have stopped, because
	// of its time-out or of the end of its call, if the settings don't say
	// otherwise.
	timeoutGrace = 100 * time.Millisecond
	cancelGrace  = 50 * time.Millisecond
	// endLimit is how long one may take for what needs no task's help.
	endLimit    = 5 * time.Second
	mostFailure = 5

	// filesOfWorker is how many descriptors a worker takes in its parent: four
	// pipes, and one for its process where the system has such.
	filesOfWorker = 5

	// widePipes is how many workers of a pool may have pipes that hold more.
	widePipes = 16
)

// Start starts a pool of workers and returns when all are ready, which takes
// some 5 ms for two. The context is the pool's life: when it ends, so do all
// workers, at once.
func Start(ctx context.Context, workers int, opts ...Option) (*Pool, error) {
	p, err := start(ctx, workers, opts)
	if err != nil {
		return nil, fmt.Errorf("procpool: start: %w", err)
	}
	return p, nil
}

func start(ctx context.Context, workers int, opts []Option) (*Pool, error) {
	set, err := newSettings(workers, opts)
	if err != nil {
		return nil, err
	}
	if serving != nil && !serving.begun {
		return nil, fmt.Errorf("a worker is being initialised: start pools in main, not in package variables")
	}
	definitions, err := defined()
	if err != nil {
		return nil, err
	}
	if len(definitions) == 0 {
		return nil, fmt.Errorf("no task is defined: write var name = procpool.Define(…)")
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p := &Pool{
		settings:  set,
		printer:   printer{stdout: set.stdout, stderr: set.stderr, left: set.showLines},
		processes: make(map[*process]bool),
	}
	for _, def := range definitions {
		p.tasks = append(p.tasks, def.name)
	}

	ready := make(chan error, workers)
	var begun []*process
	for range workers {
		process, err := p.startProcess()
		if err != nil {
			p.stop(err)
			break
		}
		begun = append(begun, process)
	}
	stopped := make(chan struct{})
	detach := context.AfterFunc(ctx, func() {
		defer close(stopped)
		p.stop(context.Cause(ctx))
	})
	p.detach = sync.OnceFunc(func() {
		if !detach() { // it has begun to stop the pool
			<-stopped
		}
	})
	for _, process := range begun {
		p.minders.Go(func() { p.mind(process, ready) })
	}
	for range begun {
		if err := <-ready; err != nil {
			p.stop(err)
		}
	}
	p.mu.Lock()
	err = p.dead
	p.mu.Unlock()
	if err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// startProcess starts a process with the next name.
func (p *Pool) startProcess() (*process, error) {
	p.mu.Lock()
	p.started++
	name := fmt.Sprintf("worker-%d", p.started)
	p.mu.Unlock()
	process, err := startProcess(name, &p.printer, p.settings.workers <= widePipes)
	if err != nil {
		remedy := ""
		switch {
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			remedy = fmt.Sprintf(": a worker takes %d of them: start fewer, or raise the limit with ulimit -n", filesOfWorker)
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM):
			remedy = ": start fewer workers, or end other programs"
		}
		return nil, fmt.Errorf("%s: %w%s", name, err, remedy)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processes[process] = true
	if p.dead != nil {
		process.kill(&crash{cause: "the pool has ended"})
	}
	return process, nil
}

// Close waits until all work is done that the pool has been given, ends the
// workers, and shows the last of what they wrote. Work that comes later fails
// with [ErrClosed]. The error tells why the pool had ended earlier, if it had.
// Closing again does nothing and returns the same.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	if p.open > 0 && p.drained == nil {
		p.drained = make(chan struct{})
	}
	drained := p.drained
	p.mu.Unlock()
	if drained != nil {
		<-drained
	}
	p.mu.Lock()
	p.ending = true
	for _, w := range p.workers {
		w.send(command{kind: frameEnd})
	}
	p.mu.Unlock()
	late := time.AfterFunc(endLimit, p.killAll)
	p.minders.Wait()
	late.Stop()
	p.detach()
	p.printer.finish()

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead != nil && p.dead != ErrClosed {
		return fmt.Errorf("procpool: %w", p.dead)
	}
	return nil
}

// Kill ends the workers at once, whatever they do, and waits until they are
// gone. Work that isn't done fails with [ErrClosed].
func (p *Pool) Kill() {
	p.stop(ErrClosed)
	p.minders.Wait()
	p.detach()
	p.printer.finish()
}

// A WorkerState is a worker as it was at a moment.
type WorkerState struct {
	Name string
	PID  int
	Done int // tasks
}

// Workers returns the workers that serve now, the oldest first.
func (p *Pool) Workers() []WorkerState {
	p.mu.Lock()
	defer p.mu.Unlock()
	var states []WorkerState
	for _, w := range p.workers {
		states = append(states, WorkerState{w.name, w.Pid, w.done})
	}
	return states
}

// stop makes all work fail and kills the workers.
func (p *Pool) stop(why error) {
	p.mu.Lock()
	p.closed = true
	if p.dead == nil {
		p.dead = why
	}
	why = p.dead
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	p.killAll()
	for _, u := range queue {
		p.fail(u, "", why, false)
	}
}

func (p *Pool) killAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for process := range p.processes {
		process.kill(&crash{cause: "the pool has ended"})
	}
}

// mind keeps one worker going: it reads what the worker sends until that ends,
// and goes on with a new one. The first worker's start is reported to ready.
func (p *Pool) mind(process *process, ready chan<- error) {
	for {
		w := &worker{process: process, wake: make(chan struct{}, 1)}
		end := p.serve(w, func() {
			if ready != nil {
				ready <- nil
				ready = nil
			}
		})
		if ready != nil {
			ready <- fmt.Errorf("%s is not ready: %w", w.name, end)
			return
		}
		if !p.bury(w, end) {
			return
		}
		process = p.replace(end)
		if process == nil {
			return
		}
	}
}

// replace starts a process in the place of one that ended.
func (p *Pool) replace(end *crash) *process {
	for {
		p.mu.Lock()
		failures := p.failures
		p.mu.Unlock()
		if failures >= mostFailure {
			p.stop(fmt.Errorf("%d workers in a row ended before they began a task; the last: %w", failures, end))
			return nil
		}
		process, err := p.startProcess()
		if err == nil {
			return process
		}
		end = &crash{cause: err.Error()}
		p.mu.Lock()
		p.failures++
		p.mu.Unlock()
		time.Sleep(time.Duration(failures+1) * 10 * time.Millisecond) // for what is short now
	}
}

// serve runs one worker to its end and says how it ended.
func (p *Pool) serve(w *worker, ready func()) *crash {
	late := time.AfterFunc(startLimit, func() {
		w.kill(&crash{cause: fmt.Sprintf("not ready after %v", startLimit)})
	})
	frames := newFrameReader(w.Answers)
	_, err := w.Requests.Write(hello{w.name, p.tasks, p.settings.timeout}.frame())
	if err == nil {
		var kind byte
		kind, _, err = frames.next()
		if err == nil && kind != frameReady {
			w.because(&crash{cause: fmt.Sprintf("bad message of kind %q", kind)})
		}
	}
	late.Stop()
	var writing sync.WaitGroup
	gone := make(chan struct{})
	if err == nil {
		p.mu.Lock()
		if t := p.settings.timeout; t > 0 {
			w.overdue = time.AfterFunc(t+p.settings.timeoutGrace, func() {
				w.kill(&crash{cause: fmt.Sprintf("not done after %v", t), timedOut: true})
			})
			w.overdue.Stop()
		}
		p.workers = append(p.workers, w)
		if p.ending {
			w.send(command{kind: frameEnd})
		}
		p.distribute()
		p.mu.Unlock()
		ready()
		writing.Go(func() { p.write(w, gone) })
		p.read(w, frames)
	}
	p.mu.Lock()
	for i, other := range p.workers {
		if other == w {
			p.workers = append(p.workers[:i], p.workers[i+1:]...)
			break
		}
	}
	if w.overdue != nil {
		w.overdue.Stop()
	}
	p.mu.Unlock()
	end := w.wait()
	close(gone)
	writing.Wait()
	p.mu.Lock()
	delete(p.processes, w.process)
	p.mu.Unlock()
	return end
}
