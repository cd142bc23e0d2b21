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
// futures, are safe for concurrent use.
type Pool struct {
	settings    settings
	tasks       []string
	printer     printer
	detach      func() // detaches the pool from Start's context
	supervisors sync.WaitGroup

	mu        sync.Mutex
	queue     []work
	processes map[*process]bool // all running processes
	workers   []*worker         // the processes that are ready
	started   int               // number of processes so far
	lastID    uint64
	open      int           // units of work that have not ended
	drained   chan struct{} // closed when open is 0 after Close; nil before Close
	closed    bool          // no more work is accepted
	ending    bool          // workers end when their work is done
	dead      error         // why all work fails, or nil
	failures  int           // number of successive workers that ended before they began a task
}

// A worker is a process that is ready for work. The pool's lock guards its
// fields.
type worker struct {
	*process
	sent      []work // work that was sent and has not ended
	bytes     int    // estimated size of sent
	outbox    []command
	wake      chan struct{} // holds a token when the outbox is not empty
	recalling bool
	overdue   *time.Timer // kills the worker; nil without a time-out
	begun     bool        // the worker has begun a task
	panicked  bool        // the first unanswered input of the running work panicked
	done      int
}

// A command is a frame to send to a worker.
type command struct {
	kind   byte
	work   work
	number uint64 // id to cancel, or number of units to recall
}

const (
	// window is how many units of work are sent ahead to a worker. It gets more
	// when half of them are done, so that the cost of a write is shared.
	window = 64
	// windowBytes is how much memory and space in its pipe they may take.
	windowBytes = 1 << 20

	// startLimit limits the time until a worker is ready.
	startLimit = 30 * time.Second
	// How long a worker may keep running a task after its time-out or the end
	// of its call, unless the settings say otherwise.
	timeoutGrace = 100 * time.Millisecond
	cancelGrace  = 50 * time.Millisecond
	// endLimit limits whatever a worker does without the help of a task.
	endLimit    = 5 * time.Second
	maxFailures = 5

	// filesOfWorker is how many descriptors a worker takes in its parent: four
	// pipes, and one for the process itself where the system supports it.
	filesOfWorker = 5

	// widePipes is the largest number of workers for which widen is used.
	widePipes = 16
)

// Start starts a pool of workers and returns when all of them are ready, which
// takes some 5 ms for two. When ctx ends, all workers are killed.
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
		return nil, fmt.Errorf("this worker is still initializing: start pools in main, not in package variables")
	}
	definitions, err := defined()
	if err != nil {
		return nil, err
	}
	if len(definitions) == 0 {
		return nil, fmt.Errorf("no task is defined: add a package variable such as var square = procpool.Define(…)")
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
		if !detach() { // it is already stopping the pool
			<-stopped
		}
	})
	for _, process := range begun {
		p.supervisors.Go(func() { p.supervise(process, ready) })
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

// Close waits until all submitted work is done, ends the workers, and prints
// the last of their output. Work submitted later fails with [ErrClosed]. If the
// pool had ended before, the error says why. Further calls return the same
// error.
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
	p.supervisors.Wait()
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

// Kill kills the workers, whatever they are doing, and waits until they have
// ended. Unfinished work fails with [ErrClosed].
func (p *Pool) Kill() {
	p.stop(ErrClosed)
	p.supervisors.Wait()
	p.detach()
	p.printer.finish()
}

// A WorkerState describes a worker at one moment.
type WorkerState struct {
	Name string
	PID  int
	Done int // number of tasks
}

// Workers returns the workers that are ready, the oldest first.
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

// supervise keeps one worker running: it serves the worker until it ends, and
// then starts another. It reports the first worker's start to ready.
func (p *Pool) supervise(process *process, ready chan<- error) {
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
		if !p.recoverWork(w, end) {
			return
		}
		process = p.replace(end)
		if process == nil {
			return
		}
	}
}

// replace starts a process in place of one that ended.
func (p *Pool) replace(end *crash) *process {
	for {
		p.mu.Lock()
		failures := p.failures
		p.mu.Unlock()
		if failures >= maxFailures {
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
		time.Sleep(time.Duration(failures+1) * 10 * time.Millisecond) // resources may be short for a moment
	}
}

// serve serves one worker until it ends and returns how it ended.
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
