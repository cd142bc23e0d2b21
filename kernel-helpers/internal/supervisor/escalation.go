package supervisor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
)

const (
	// interruptGrace is how long GoNB may take to end an interrupted cell by itself,
	// as the program may have something to clean up. Then the cell's processes are
	// killed.
	interruptGrace = 250 * time.Millisecond
	// giveUpAfter is how long an interrupted cell may take to end before GoNB is
	// killed and started again. The environment variable named by giveUpEnv sets
	// another time.
	giveUpAfter = 1500 * time.Millisecond
)

// escalation ends a cell that was interrupted. It interrupts a debugged program, then
// GoNB, then kills the cell's processes, then GoNB.
type escalation struct {
	log         *slog.Logger
	backend     *backend
	gonb        func() *jupyter.Kernel // the cell's GoNB, or nil while that is starting
	began       processes.Ticks        // of the cell; processes from before aren't its own
	giveUpAfter time.Duration
	// program interrupts the cell's program itself if a debugger would end it in place
	// of passing the signal on. It reports whether it did.
	program func() bool

	mu      sync.Mutex
	started bool
	over    bool          // the cell is over, so no escalation may start
	done    chan struct{} // closed when the cell is over
	work    sync.WaitGroup
}

// start calls cancel and begins the escalation, unless it has begun already or the
// cell is over. The context ends with the kernel.
func (e *escalation) start(ctx context.Context, cancel func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over || e.started {
		return
	}
	e.started = true
	cancel()
	e.work.Go(func() { e.insist(ctx) })
}

// settle is called when the cell is over. It waits until nothing is killed any
// more because of the cell.
func (e *escalation) settle() {
	e.mu.Lock()
	e.over = true
	e.mu.Unlock()
	close(e.done)
	e.work.Wait()
}

// insist interrupts GoNB, and kills the cell's processes and in the end GoNB if
// the cell goes on.
func (e *escalation) insist(ctx context.Context) {
	select {
	case <-e.done:
		return
	default:
	}
	if e.program() {
		select {
		case <-e.done:
			return
		case <-time.After(interruptGrace):
		}
	}
	began := time.Now()
	asking := false
	for pause := interruptGrace; ; pause = 50 * time.Millisecond {
		gonb := e.gonb()
		if gonb != nil && !asking {
			asking = true
			e.work.Go(func() { e.ask(ctx, gonb) })
		}
		select {
		case <-e.done:
			return
		case <-time.After(pause):
		}
		if gonb == nil {
			continue
		}
		// Again and again: when the compiler is killed, its parent may start something
		// else, and a program may start others.
		e.backend.killCell(gonb, e.began, e.done)
		if time.Since(began) > e.giveUpAfter {
			e.log.Error("killing GoNB, which does not end an interrupted cell")
			gonb.Kill()
			return
		}
	}
}

// ask interrupts GoNB repeatedly, because GoNB ignores an interrupt that comes
// before it has begun with the cell. It waits for each reply: a late interrupt
// could hit the next cell.
func (e *escalation) ask(ctx context.Context, gonb *jupyter.Kernel) {
	for {
		ctx, cancel := context.WithTimeout(ctx, e.giveUpAfter)
		err := gonb.Interrupt(ctx)
		cancel()
		if err != nil {
			e.log.Info("interrupt", "err", err)
		}
		select {
		case <-e.done:
			return
		case <-gonb.Done():
			return
		case <-time.After(interruptGrace):
		}
	}
}
