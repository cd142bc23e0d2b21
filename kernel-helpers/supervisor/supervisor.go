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
// A message costs less than a millisecond on the way (see BenchmarkMessage).
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/jupyter"
)

// Options say what is supervised, and for whom.
type Options struct {
	ConnectionFile string   // where clients connect; as Jupyter writes it
	Command        []string // starts GoNB; {connection_file} stands for the file it gets
	Log            *slog.Logger
}

// Supervisor is one kernel and its clients.
type Supervisor struct {
	log   *slog.Logger
	spec  jupyter.Spec
	front *front

	life context.Context // ends with the supervisor
	stop context.CancelFunc
	work sync.WaitGroup // the goroutines that answer

	cells   inbox // execute requests
	assists inbox // completion and inspection, which may take GoNB a while

	running atomic.Pointer[execution]
	comms   comms
	history history

	mu      sync.Mutex
	gonb    *jupyter.Kernel
	lost    error // why the definitions are gone; told in the next cell
	replies chan string
}

// Run supervises one kernel until a client asks it to shut down, or ctx ends.
// It returns when GoNB, everything that it started, and every file are gone.
func Run(ctx context.Context, o Options) error {
	if err := adopt(); err != nil {
		o.Log.Warn("orphans of cells can get out of reach", "err", err)
	}
	c, err := jupyter.ReadConnection(o.ConnectionFile)
	if err != nil {
		return err
	}
	f, err := openFront(c, o.Log)
	if err != nil {
		return err
	}
	defer f.close()
	s := &Supervisor{
		log:   o.Log,
		spec:  jupyter.Spec{Name: "gonb", Argv: o.Command, InterruptMode: "message"},
		front: f,
		cells: newInbox(), assists: newInbox(),
		replies: make(chan string, 1),
	}
	s.life, s.stop = context.WithCancel(ctx)
	defer s.stop()
	if _, err := s.backend(s.life); err != nil {
		return err
	}
	f.serve(s.handle)
	s.work.Go(func() { s.each(&s.cells, s.execute) })
	s.work.Go(func() { s.each(&s.assists, s.assist) })
	<-s.life.Done()
	return s.end()
}

// end takes everything down.
func (s *Supervisor) end() error {
	if x := s.running.Load(); x != nil {
		x.interrupt()
	}
	s.mu.Lock()
	gonb := s.gonb
	s.mu.Unlock()
	var errs []error
	if gonb != nil {
		// Cells first: GoNB waits for them before it ends.
		errs = append(errs, killBelow(s.spares(gonb)))
		ctx, cancel := context.WithTimeout(context.Background(), shutdownWithin)
		errs = append(errs, gonb.Shutdown(ctx))
		cancel()
	}
	errs = append(errs, killBelow(func(process) bool { return false }))
	s.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	s.front.drain(ctx)
	return errors.Join(errs...)
}

const (
	shutdownWithin = 500 * time.Millisecond // for GoNB to end by itself
	drainWithin    = 500 * time.Millisecond // for clients to read the last words
)

// each answers the requests of an inbox one after another.
func (s *Supervisor) each(in *inbox, answer func(request)) {
	for {
		r, ok := in.next(s.life)
		if !ok {
			return
		}
		answer(r)
	}
}

// backend returns the running GoNB; it starts one if there is none.
func (s *Supervisor) backend(ctx context.Context) (*jupyter.Kernel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gonb != nil {
		select {
		case <-s.gonb.Done():
			s.lost = s.gonb.Err()
			s.log.Error("GoNB ended", "err", s.lost)
			s.gonb.Kill() // waits until what it left is gone
			s.gonb = nil
		default:
			return s.gonb, nil
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	s.gonb, err = jupyter.Start(ctx, s.spec, jupyter.StartOptions{Dir: dir, Other: s.fromComm})
	if err != nil {
		s.gonb = nil
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	return s.gonb, nil
}

// definitionsLost returns why the definitions are gone, once.
func (s *Supervisor) definitionsLost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.lost
	s.lost = nil
	return err
}

// spares tells which of our descendants aren't a cell's: GoNB and the language
// server that it starts.
func (s *Supervisor) spares(gonb *jupyter.Kernel) func(process) bool {
	pid := gonb.PID()
	return func(p process) bool {
		return p.pid == pid || strings.HasPrefix(p.name, "gopls")
	}
}

// inbox is a queue of requests without a limit; whoever sends one must not wait
// for a cell that runs for ever.
type inbox struct {
	mu   sync.Mutex
	list []request
	wake chan struct{}
}

func newInbox() inbox { return inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) put(r request) {
	b.mu.Lock()
	b.list = append(b.list, r)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// next waits for a request; it's false when ctx ends.
func (b *inbox) next(ctx context.Context) (request, bool) {
	for {
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
			return request{}, false
		case <-b.wake:
		}
	}
}

// takeAll empties the inbox.
func (b *inbox) takeAll() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.list
	b.list = nil
	return all
}
