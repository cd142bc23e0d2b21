package debugger

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
)

// A program is the program of one cell under Delve. One goroutine, which executes
// run, lets it run and waits for it to stop; requests about a stopped program are
// answered meanwhile.
type program struct {
	d      *Debugger
	ctx    context.Context
	cancel context.CancelFunc
	client *delve.Client
	memory *os.File // nil if only Delve can read the program's memory

	watch   *Watch      // or nil
	resumes chan resume // to run
	done    chan struct{}

	mu       sync.Mutex
	pid      int // 0 until it is known
	attached bool
	stopped  *stop    // nil while the program runs
	pausing  bool     // a front end has asked for a pause
	expired  bool     // a watched program's time is over
	pending  []func() // to do at the next stop, after which the program goes on
	exit     *int

	// These are used by the goroutine that has the Debugger's turn.
	files  []string // the program's cells
	layout *layout
	places map[uint64]delve.Location

	looks int // reports of calls of runtime.Breakpoint; used by the goroutine that executes run
}

// A resume is a request to let the program run.
type resume struct {
	command   string
	goroutine int64 // the one to step, or 0
}

// A stop is why and where the program stands, and what has been shown of it.
type stop struct {
	state     delve.State
	reason    string // of the protocol: "breakpoint", "step", "pause" or "exception"
	text      string
	goroutine int64
	hits      []int // breakpoints, by the front end's ids
	snapshot  *snapshot
}

// asleep reports whether the program stands because no goroutine can go on.
func (s *stop) asleep() bool { return strings.Contains(s.text, "all goroutines are asleep") }

func newProgram(ctx context.Context, d *Debugger) *program {
	p := &program{d: d, resumes: make(chan resume), done: make(chan struct{}), places: map[uint64]delve.Location{}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

// run connects to Delve at the socket, and debugs the program until it ends or the
// program's context does.
func (p *program) run(socket string) {
	defer close(p.done)
	client, err := delve.Dial(p.ctx, socket)
	if err != nil {
		p.d.log.Info("a cell runs without the debugger", "err", err)
		return
	}
	defer client.Close()
	p.client = client
	state, err := client.State(p.ctx)
	if err != nil {
		p.d.log.Warn("debugger", "err", err)
		return
	}
	p.mu.Lock()
	p.pid = state.Pid
	p.mu.Unlock()
	if p.memory, err = openMemory(state.Pid); err == nil {
		defer p.memory.Close()
	}
	p.d.bind(p)
	if p.watch != nil && p.watch.Limit > 0 {
		ctx, cancel := context.WithCancel(p.ctx)
		var clock sync.WaitGroup
		clock.Go(func() { p.expire(ctx) })
		defer clock.Wait()
		defer cancel()
	}
	next := resume{command: delve.Continue}
	for {
		state, err := p.resume(next)
		if err != nil || state.Exited {
			p.ended(state, err)
			return
		}
		s := p.judge(next, state)
		if s == nil {
			next = resume{command: delve.Continue}
			continue
		}
		p.d.stoppedAt(p, s)
		select {
		case next = <-p.resumes:
		case <-p.ctx.Done():
			return
		}
	}
}

// expire ends a watched program when its time is over, unless ctx ends before.
func (p *program) expire(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(p.watch.Limit):
	}
	p.mu.Lock()
	p.expired = true
	p.mu.Unlock()
	if err := p.whileStopped(ctx, func() {}); err != nil {
		p.d.log.Info("debugger: end a program in time", "err", err)
	}
}

// resume lets the program run until it stops.
func (p *program) resume(r resume) (delve.State, error) {
	if r.goroutine != 0 {
		if err := p.client.SwitchGoroutine(p.ctx, r.goroutine); err != nil {
			p.d.log.Info("debugger: step another goroutine", "err", err)
		}
	}
	return p.client.Command(p.ctx, r.command)
}

// ended notes how the program has ended, and ends Delve.
func (p *program) ended(state delve.State, err error) {
	if p.ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	switch {
	case p.exit != nil: // by us
	case err == nil:
		p.exit = &state.ExitStatus
	default:
		p.exit = exitStatus(err)
		p.d.log.Info("debugger: the program ended", "err", err)
	}
	p.mu.Unlock()
	// Delve waits until it is told to end. It ends while it answers.
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	defer cancel()
	if err := p.client.Kill(ctx); err != nil && !errors.Is(err, context.Canceled) {
		p.d.log.Debug("debugger: end Delve", "err", err)
	}
}

// judge decides what a stop means. It returns nil if the program is to go on.
func (p *program) judge(ran resume, state delve.State) *stop {
	p.mu.Lock()
	pending, pausing := p.pending, p.pausing
	p.pending, p.pausing = nil, false
	p.mu.Unlock()
	for _, f := range pending {
		f()
	}
	if p.watched("", false) {
		p.mu.Lock()
		p.exit = new(-int(syscall.SIGKILL))
		p.mu.Unlock()
		if err := p.client.Kill(p.ctx); err != nil {
			p.d.log.Info("debugger: end a program in time", "err", err)
		}
		return nil
	}
	thread := deref(state.CurrentThread)
	s := &stop{state: state, goroutine: thread.GoroutineID}
	if state.Goroutine != nil {
		s.goroutine = state.Goroutine.ID
	}
	switch b := thread.Breakpoint; {
	case b != nil && (b.Name == delve.UnrecoveredPanic || b.Name == delve.FatalThrow):
		s.text = p.exception(b.Name)
		p.watched(s.text, s.asleep())
		if !p.d.pausesOn(b.Name) {
			return nil
		}
		s.reason = "exception"
	case b != nil && b.Name == delve.HardcodedBreakpoint:
		p.looked(s.goroutine)
		if p.d.isOn() { // or nobody could let it go on
			s.reason = "breakpoint"
		}
	case b != nil:
		hit, log := p.d.hit(p, b.ID)
		if hit == nil || log {
			break
		}
		s.reason, s.hits = "breakpoint", []int{hit.ID}
	case state.StopReason == "manual":
	case ran.command != delve.Continue || state.StopReason == "next finished":
		s.reason = "step"
		if leftCells(thread) {
			s.reason = "" // main has returned
		}
	}
	if pausing && s.reason == "" {
		s.reason = "pause"
	}
	if s.reason == "" {
		return nil
	}
	if state.NextInProgress {
		// A breakpoint of another goroutine came before the end of the step.
		if err := p.client.CancelNext(p.ctx); err != nil {
			p.d.log.Info("debugger", "err", err)
		}
	}
	return s
}

// leftCells reports whether a step has led from main to the function of the runtime
// that called it, or to the end of a goroutine.
func leftCells(t delve.Thread) bool {
	return t.Function != nil && (t.Function.Name == "runtime.main" || t.Function.Name == "runtime.goexit" || t.Function.Name == "runtime.goexit1")
}

// exception describes the panic or the fatal error at which the program stands.
func (p *program) exception(name string) string {
	scope := delve.EvalScope{GoroutineID: -1}
	if name == delve.FatalThrow {
		if s, err := p.client.Eval(p.ctx, scope, "s", delve.LoadConfig{MaxStringLen: 256}); err == nil {
			return "fatal error: " + s.Value
		}
		return "fatal error"
	}
	if v, err := p.client.Eval(p.ctx, scope, "(*msgs).arg.(data)", delve.LoadConfig{FollowPointers: true, MaxVariableRecurse: 1, MaxStringLen: 256, MaxArrayValues: 16, MaxStructFields: -1}); err == nil {
		return "panic: " + summary(v, 1)
	}
	return "panic"
}

// interrupt sends SIGINT to the program if it runs. It reports whether it did.
func (p *program) interrupt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attached && p.stopped == nil && p.exit == nil && syscall.Kill(p.pid, syscall.SIGINT) == nil
}

// isStopped returns the stop at which the program stands, or nil if it runs.
func (p *program) isStopped() *stop {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

var (
	errRunning = errors.New("the program is running: set a breakpoint or pause it")
	errNothing = errors.New("no cell is running under the debugger")
)

// goOn lets a stopped program run.
func (p *program) goOn(ctx context.Context, r resume) error {
	p.mu.Lock()
	s := p.stopped
	p.stopped = nil
	p.mu.Unlock()
	if s == nil {
		return errRunning
	}
	p.d.continued(s.goroutine)
	select {
	case p.resumes <- r:
		return nil
	case <-p.done:
		return errNothing
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// whileStopped calls f when the program stands: at once, or after a stop that nobody
// sees. It returns when f has been called, or ctx ends.
func (p *program) whileStopped(ctx context.Context, f func()) error {
	p.mu.Lock()
	if !p.attached {
		p.mu.Unlock()
		return nil // bind will do it
	}
	if p.stopped != nil {
		p.mu.Unlock()
		f()
		return nil
	}
	called := make(chan struct{})
	p.pending = append(p.pending, func() {
		defer close(called)
		f()
	})
	p.mu.Unlock()
	return p.haltUntil(ctx, called)
}

// haltAgain is how often haltUntil halts the program.
const haltAgain = 20 * time.Millisecond

// haltUntil halts the program until the channel is closed. Delve forgets a halt that
// comes just before the program goes on.
func (p *program) haltUntil(ctx context.Context, halted <-chan struct{}) error {
	for {
		if err := p.client.Halt(ctx); errors.Is(err, delve.ErrEnded) {
			return nil // nothing is left to stop
		} else if err != nil {
			return err
		}
		select {
		case <-halted:
			return nil
		case <-p.done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(haltAgain):
		}
	}
}

// pause stops the program.
func (p *program) pause(ctx context.Context) error {
	p.mu.Lock()
	if p.stopped != nil || !p.attached {
		p.mu.Unlock()
		return nil
	}
	p.pausing = true
	p.mu.Unlock()
	return p.whileStopped(ctx, func() {})
}

// exitStatus reads the status from the error with which Delve answers about a
// program that has ended.
func exitStatus(err error) *int {
	text := err.Error()
	i := strings.LastIndex(text, "has exited with status ")
	switch {
	case strings.Contains(text, syscall.ESRCH.Error()):
		return new(-int(syscall.SIGKILL)) // nothing else ends a program that stands
	case i < 0:
		return nil
	}
	n, negative := 0, false
	for _, c := range text[i+len("has exited with status "):] {
		switch {
		case c == '-':
			negative = true
		case c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		}
	}
	if negative {
		n = -n
	}
	return &n
}

func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}
