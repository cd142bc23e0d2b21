package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// backend keeps a GoNB running: it starts one, starts another when it has ended,
// and kills what cells leave behind.
type backend struct {
	log     *slog.Logger
	spec    jupyter.Spec
	other   func(jupyter.Message) // called with messages of GoNB that belong to no cell
	started func()                // called after each start
	life    context.Context       // ends with the kernel

	current atomic.Pointer[jupyter.Kernel] // nil while there is none
	about   atomic.Pointer[jupyter.KernelInfo]
	watches sync.WaitGroup
	// token is in the channel while nobody starts GoNB or kills processes. A GoNB
	// that is starting must not be mistaken for a process of the cell before it.
	token chan struct{}

	mu           sync.Mutex
	lost         loss
	reportedDead *jupyter.Kernel // the last GoNB whose death was reported to the user
}

// loss is the death of a GoNB, with which all declarations were lost.
type loss struct {
	gonb *jupyter.Kernel
	err  error
}

// storeEnv is the environment variable that tells GoNB in which file to keep
// declarations and settings. A GoNB that follows a dead one restores them.
const storeEnv = "SPEEDUP_CELLS"

// newBackend returns a backend that ends with ctx. It starts no GoNB yet. store is
// the file for declarations.
func newBackend(ctx context.Context, command []string, store string, log *slog.Logger) *backend {
	b := &backend{
		log:   log,
		spec:  jupyter.Spec{Name: "gonb", Argv: command, InterruptMode: "message", Env: map[string]string{storeEnv: store}},
		life:  ctx,
		token: make(chan struct{}, 1),
	}
	b.token <- struct{}{}
	return b
}

// alive returns the running GoNB, or nil if there is none.
func (b *backend) alive() *jupyter.Kernel {
	gonb := b.current.Load()
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

// get returns the running GoNB. It starts one if there is none.
func (b *backend) get(ctx context.Context) (*jupyter.Kernel, error) {
	if gonb := b.alive(); gonb != nil {
		return gonb, nil
	}
	select {
	case <-b.token:
		defer func() { b.token <- struct{}{} }()
	case <-ctx.Done():
		return nil, fmt.Errorf("supervisor: start GoNB: %w", context.Cause(ctx))
	}
	if gonb := b.alive(); gonb != nil { // another goroutine was faster
		return gonb, nil
	}
	b.clear()
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	gonb, err := jupyter.Start(ctx, b.spec, jupyter.StartOptions{Dir: dir, Other: b.other})
	if err != nil {
		return nil, fmt.Errorf("supervisor: start GoNB: %w", err)
	}
	info := gonb.Info()
	b.about.Store(&info)
	b.current.Store(gonb)
	b.watches.Go(func() { b.watch(gonb) })
	b.started()
	return gonb, nil
}

// clear removes what is left of a GoNB that ended.
func (b *backend) clear() {
	gonb := b.current.Swap(nil)
	if gonb == nil {
		return
	}
	b.log.Error("GoNB ended", "err", gonb.Err())
	b.mu.Lock()
	b.lost = loss{gonb, gonb.Err()}
	b.mu.Unlock()
	if err := errors.Join(gonb.Kill(), processes.KillTree(killAll)); err != nil {
		b.log.Error("GoNB left something", "err", err)
	}
}

// watch starts GoNB again when it has ended, so that the next cell needn't wait.
func (b *backend) watch(gonb *jupyter.Kernel) {
	select {
	case <-b.life.Done():
		return
	case <-gonb.Done():
	}
	if _, err := b.get(b.life); err != nil && b.life.Err() == nil {
		b.log.Error("the next cell will try again", "err", err)
	}
}

// info returns what the latest GoNB says about itself.
func (b *backend) info() jupyter.KernelInfo { return *b.about.Load() }

// reportDead notes that the death of a GoNB has been reported to the user.
func (b *backend) reportDead(gonb *jupyter.Kernel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reportedDead = gonb
}

// unreportedDeath returns why the declarations are lost, or nil if that has been
// reported. Its caller must report it.
func (b *backend) unreportedDeath() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost.gonb == b.reportedDead {
		return nil
	}
	b.reportedDead = b.lost.gonb
	return b.lost.err
}

// killCell kills the processes of the cell that began at the given time, if gonb
// is still the GoNB that it runs in. It gives up waiting for its turn when done is
// closed.
func (b *backend) killCell(gonb *jupyter.Kernel, began processes.Ticks, done <-chan struct{}) {
	select {
	case <-b.token:
		defer func() { b.token <- struct{}{} }()
	case <-done:
		return
	case <-b.life.Done(): // stop kills all processes
		return
	case <-gonb.Done(): // and so does clear
		return
	}
	if b.current.Load() != gonb {
		return
	}
	if err := processes.KillTree(spareKernel(gonb.PID(), began)); err != nil {
		b.log.Warn("interrupt", "err", err)
	}
}

// reap removes the dead orphans of cells from the process table.
func (b *backend) reap() {
	select {
	case <-b.token: // so no GoNB is starting that we would have to leave alone
		defer func() { b.token <- struct{}{} }()
	default:
		return
	}
	awaited := 0
	if gonb := b.current.Load(); gonb != nil {
		awaited = gonb.PID()
	}
	if err := processes.ReapOrphans(awaited); err != nil {
		b.log.Warn("cleaning up", "err", err)
	}
}

// shutdownWithin is how long GoNB may take to end by itself.
const shutdownWithin = 500 * time.Millisecond

// stop ends GoNB and all processes below us. The backend's context must have ended.
func (b *backend) stop() error {
	<-b.token // and keep it, so that any pending start gives up
	var errs []error
	if gonb := b.current.Load(); gonb != nil {
		// Cells first, because GoNB waits for them before it ends.
		errs = append(errs, processes.KillTree(spareKernel(gonb.PID(), 0)))
		ctx, cancel := context.WithTimeout(context.Background(), shutdownWithin)
		errs = append(errs, gonb.Shutdown(ctx))
		cancel()
	}
	errs = append(errs, processes.KillTree(killAll))
	b.watches.Wait()
	return errors.Join(errs...)
}
