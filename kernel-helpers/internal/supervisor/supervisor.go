// Package supervisor stands between Jupyter's clients and a GoNB kernel, and
// makes of it a kernel that never hangs, loses nothing and leaves nothing.
//
// Clients talk to the supervisor's five sockets (the connection file's);
// GoNB listens in a private folder that only the supervisor knows. Messages
// whose meaning the supervisor doesn't own pass byte for byte in content. What
// it owns: the order of cells and what happens to them when one fails or is
// interrupted, the text of errors, how output is gathered, what is answered
// without GoNB (is_complete, history, comm_info, control), and the life of every
// process that GoNB and its cells start.
//
// A message costs less than a millisecond on the way (BenchmarkCell), a start some
// ten milliseconds (BenchmarkStart).
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// channels are the channels on which clients connect.
var channels = front.Channels

// Options say what is supervised, and for whom.
type Options struct {
	ConnectionFile string   // where clients connect; as Jupyter writes it
	Command        []string // starts GoNB; {connection_file} stands for the file it gets
	Log            *slog.Logger

	home        string // the kernel's folder
	giveUpAfter time.Duration
}

// Supervisor is one kernel and its clients.
type Supervisor struct {
	log         *slog.Logger
	home        string
	spec        jupyter.Spec
	front       *front.Front
	giveUpAfter time.Duration

	life context.Context // ends with the supervisor
	stop context.CancelFunc
	work sync.WaitGroup // the goroutines that answer

	cells   inbox // execute requests
	assists inbox // completion and inspection, which may take GoNB a while
	person  atomic.Bool

	running     atomic.Pointer[execution]
	comms       comms
	history     history
	replies     chan string
	spillBudget *report.Budget

	gonb  atomic.Pointer[jupyter.Kernel] // nil while there is none
	about atomic.Pointer[jupyter.KernelInfo]
	// tending has a token while nobody starts GoNB or kills processes: a GoNB
	// that starts must not be taken for a process of the cell before it.
	tending chan struct{}

	mu   sync.Mutex
	lost loss
	told *jupyter.Kernel // whose end the person at the front end knows of
}

// loss says that a GoNB ended, and with it all definitions.
type loss struct {
	gonb *jupyter.Kernel
	err  error
}

// run supervises one kernel until a client asks it to shut down, or ctx ends;
// SIGINT interrupts the cell at work. It returns when GoNB, everything that it
// started, and all its files are gone.
func run(ctx context.Context, o Options) error {
	if err := adopt(); err != nil {
		o.Log.Warn("orphans of cells can get out of reach", "err", err)
	}
	c, err := jupyter.ReadConnection(o.ConnectionFile)
	if err != nil {
		return err
	}
	f, err := front.Open(c, o.Log)
	if err != nil {
		return err
	}
	defer f.Close()
	s := &Supervisor{
		log:         o.Log,
		home:        o.home,
		spec:        jupyter.Spec{Name: "gonb", Argv: o.Command, InterruptMode: "message"},
		front:       f,
		giveUpAfter: o.giveUpAfter,
		cells:       newInbox(), assists: newInbox(),
		replies:     make(chan string, 1),
		spillBudget: report.NewBudget(),
		tending:     make(chan struct{}, 1),
	}
	s.tending <- struct{}{}
	s.life, s.stop = context.WithCancel(ctx)
	defer s.stop()
	if _, err := s.backend(s.life); err != nil {
		return err
	}
	f.Serve(s.handle)
	s.work.Go(func() { s.each(&s.cells, s.execute) })
	s.work.Go(func() { s.each(&s.assists, s.assist) })
	s.work.Go(s.obeySignals)
	<-s.life.Done()
	return s.end()
}

// obeySignals interrupts the cell at work when a terminal's Ctrl-C, or a client
// that interrupts by signal, says so.
func (s *Supervisor) obeySignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	for {
		select {
		case <-s.life.Done():
			return
		case <-signals:
			s.interrupt()
		}
	}
}

// interrupt ends the cell at work, if there is one.
func (s *Supervisor) interrupt() {
	if x := s.running.Load(); x != nil {
		x.interrupt()
	}
}

// end takes everything down.
func (s *Supervisor) end() error {
	<-s.tending // for good; who is starting GoNB gives up
	var errs []error
	if gonb := s.gonb.Load(); gonb != nil {
		// Cells first: GoNB waits for them before it ends.
		errs = append(errs, killBelow(spareKernel(gonb.PID(), 0)))
		ctx, cancel := context.WithTimeout(context.Background(), shutdownWithin)
		errs = append(errs, gonb.Shutdown(ctx))
		cancel()
	}
	errs = append(errs, killBelow(spareNobody))
	s.work.Wait()
	s.abort(s.cells.takeAll(), "the kernel was shut down")
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	s.front.Drain(ctx)
	return errors.Join(errs...)
}

const (
	shutdownWithin = 500 * time.Millisecond // for GoNB to end by itself
	drainWithin    = 500 * time.Millisecond // for clients to read the last words
)

// each answers the requests of an inbox one after another.
func (s *Supervisor) each(in *inbox, answer func(front.Request)) {
	for {
		r, ok := in.next(s.life)
		if !ok {
			return
		}
		answer(r)
	}
}

// alive returns the running GoNB or nil.
func (s *Supervisor) alive() *jupyter.Kernel {
	gonb := s.gonb.Load()
	if gonb == nil {
		return nil
	}
	select {
	case <-gonb.Done():
		return nil
	default:
		return gonb
	}
}

// backend returns the running GoNB; it starts one if there is none.
func (s *Supervisor) backend(ctx context.Context) (*jupyter.Kernel, error) {
	if gonb := s.alive(); gonb != nil {
		return gonb, nil
	}
	select {
	case <-s.tending:
		defer func() { s.tending <- struct{}{} }()
	case <-ctx.Done():
		return nil, fmt.Errorf("supervisor: start GoNB: %w", context.Cause(ctx))
	}
	if gonb := s.alive(); gonb != nil { // somebody else was faster
		return gonb, nil
	}
	s.clear()
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	gonb, err := jupyter.Start(ctx, s.spec, jupyter.StartOptions{Dir: dir, Other: s.fromComm})
	if err != nil {
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	info := gonb.Info()
	s.about.Store(&info)
	s.gonb.Store(gonb)
	s.work.Go(func() { s.tend(gonb) })
	if s.person.Load() {
		s.assists.put(front.Request{}) // the language server went with the one before
	}
	return gonb, nil
}

// clear takes away what is left of a GoNB that ended.
func (s *Supervisor) clear() {
	gonb := s.gonb.Swap(nil)
	if gonb == nil {
		return
	}
	s.log.Error("GoNB ended", "err", gonb.Err())
	s.mu.Lock()
	s.lost = loss{gonb, gonb.Err()}
	s.mu.Unlock()
	if err := errors.Join(gonb.Kill(), killBelow(spareNobody)); err != nil {
		s.log.Error("GoNB left something", "err", err)
	}
}

// tend starts GoNB again when it has ended, so that the next cell needn't wait.
func (s *Supervisor) tend(gonb *jupyter.Kernel) {
	select {
	case <-s.life.Done():
		return
	case <-gonb.Done():
	}
	if _, err := s.backend(s.life); err != nil && s.life.Err() == nil {
		s.log.Error("the next cell will try again", "err", err)
	}
}

// knows notes that the end of a GoNB has been told.
func (s *Supervisor) knows(gonb *jupyter.Kernel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = gonb
}

// definitionsLost returns why the definitions are gone, unless that was told.
func (s *Supervisor) definitionsLost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost.gonb == s.told {
		return nil
	}
	s.told = s.lost.gonb
	return s.lost.err
}

// inbox is a queue of requests without a limit; whoever sends one must not wait
// for a cell that runs for ever.
type inbox struct {
	mu   sync.Mutex
	list []front.Request
	wake chan struct{}
}

func newInbox() inbox { return inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) put(r front.Request) {
	b.mu.Lock()
	b.list = append(b.list, r)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next waits for a request; it's false when ctx ends.
func (b *inbox) next(ctx context.Context) (front.Request, bool) {
	for ctx.Err() == nil {
		b.mu.Lock()
		if len(b.list) > 0 {
			r := b.list[0]
			b.list = b.list[1:]
			b.mu.Unlock()
			return r, true
		}
		b.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-b.wake:
		}
	}
	return front.Request{}, false
}

// takeAll empties the inbox.
func (b *inbox) takeAll() []front.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.list
	b.list = nil
	return all
}
