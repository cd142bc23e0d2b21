package jupyter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// Kernel is a running kernel. Its methods may be called from several goroutines
// at once.
type Kernel struct {
	spec       Spec
	info       KernelInfo
	session    string // also the identity of our sockets: a kernel asks for input by it
	key        Key
	folder     folder
	connection Connection
	logFile    string
	process    *process
	sockets    map[Channel]*zmtp.Conn
	readers    sync.WaitGroup
	heard      chan struct{}      // closed when a status has come on iopub
	lost       chan error         // the readers' ends, one each
	other      func(Message)      // StartOptions.Other
	life       context.Context    // ends with the kernel's process
	died       context.CancelFunc //
	done       chan struct{}      // closed when the process is gone
	gone       chan struct{}      // closed when all the rest is, too
	leftErr    error              // what couldn't be taken away; to be read after gone

	shutdownGrace, interruptGrace time.Duration

	backlog  atomic.Int64 // bytes in all mailboxes
	received atomic.Int64 // messages, on all channels

	mu      sync.Mutex
	waiting map[string]*mailbox // by the id of the request
	closing error               // why we end the kernel
	dead    error               // a *DeadError; nobody can wait any more
}

// Spec returns what the kernel was started from.
func (k *Kernel) Spec() Spec { return k.spec }

// Info returns what the kernel said about itself when it started.
func (k *Kernel) Info() KernelInfo { return k.info }

// Done is closed when the kernel's process is gone.
func (k *Kernel) Done() <-chan struct{} { return k.done }

// Err says how the kernel's process ended: a [*DeadError], or nil while it runs.
func (k *Kernel) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead
}

// Shutdown asks the kernel to end, waits until it has, and then takes away
// whatever it left: processes, sockets, files. A kernel that hasn't ended when
// ctx ends, or after [ShutdownGrace], is killed; that is no error. The error is
// about what could not be taken away. Calls that wait in Execute end with a
// [*DeadError].
func (k *Kernel) Shutdown(ctx context.Context) error {
	k.close(ErrClosed)
	ctx, cancel := context.WithTimeout(ctx, k.shutdownGrace)
	defer cancel()
	if asked, err := k.post(ctx, Control, "shutdown_request", map[string]bool{"restart": false}); err == nil {
		defer asked.forget()
		select {
		case <-k.done:
		case <-ctx.Done():
		}
	}
	return k.Kill()
}

// ShutdownGrace is how long [Kernel.Shutdown] waits for a kernel to end by
// itself.
const ShutdownGrace = 3 * time.Second

// Kill is Shutdown without asking. It returns when the kernel, its processes
// and its files are gone.
func (k *Kernel) Kill() error {
	k.close(ErrClosed)
	k.process.signal(syscall.SIGKILL)
	<-k.gone
	return k.leftErr
}

// close notes why the kernel is being ended, for the errors of those who wait.
func (k *Kernel) close(cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing == nil && k.dead == nil {
		k.closing = cause
	}
}

// Interrupt interrupts what the kernel is doing, by message or signal as its
// spec says. With a message it waits for the reply.
func (k *Kernel) Interrupt(ctx context.Context) error {
	asked, err := k.interrupt(ctx)
	if err != nil || asked == nil {
		return err
	}
	defer asked.forget()
	_, err = asked.await(ctx, isReply)
	return err
}

// interrupt is Interrupt that doesn't wait. asked is nil after a signal.
func (k *Kernel) interrupt(ctx context.Context) (asked *pending, err error) {
	if k.spec.InterruptMode == "message" {
		return k.post(ctx, Control, "interrupt_request", struct{}{})
	}
	select {
	case <-k.done:
		return nil, k.Err()
	default:
		return nil, k.process.signal(syscall.SIGINT)
	}
}

// serve waits for the kernel's end, ends those who wait for the kernel, and
// takes away what is left of it. It owns the readers.
func (k *Kernel) serve() {
	defer close(k.gone)
	k.awaitEnd()

	// Leftover processes first: they could hold sockets open.
	sweepErr := k.process.sweep()
	// What the kernel wrote before its end is in the sockets still, up to an end
	// of file.
	drained := make(chan struct{})
	go func() {
		k.readers.Wait()
		close(drained)
	}()
	await(drained, lookPause, k.received.Load)
	for _, s := range k.sockets {
		s.Close()
	}
	<-drained
	k.endAll()
	k.leftErr = errors.Join(sweepErr, k.folder.remove())
	if k.leftErr != nil {
		k.leftErr = fmt.Errorf("jupyter: kernel %s: %w", k.spec.Name, k.leftErr)
	}
}

// A kernel's sockets go shortly before its process does, and what is in them is
// soon read. So much patience is a second's. It is counted in looks because on a
// busy machine we may be the ones that stood still: nothing is given up at the
// first look after that.
const (
	lookPause = 100 * time.Millisecond
	lookMost  = 10   // in a row at which nothing has gone on
	lookLimit = 1000 // for what goes on and on
)

// await waits until done is closed, and reports false if it gives up before.
// progress, if not nil, changes while something goes on that is worth waiting for.
func await(done <-chan struct{}, pause time.Duration, progress func() int64) bool {
	var last int64
	for look, still := 0, 0; look < lookLimit && still < lookMost; look++ {
		select {
		case <-done:
			return true
		case <-time.After(pause):
		}
		still++
		if progress != nil {
			if now := progress(); now != last {
				last, still = now, 0
			}
		}
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// awaitEnd waits until the process is gone, and makes sure that it goes if one
// of its sockets did.
func (k *Kernel) awaitEnd() {
	select {
	case <-k.process.exited:
	case err := <-k.lost:
		// One that lives on without a socket is of no use.
		if !await(k.process.exited, lookPause, nil) {
			k.close(err)
			k.process.signal(syscall.SIGKILL)
			<-k.process.exited
		}
	}
	k.mu.Lock()
	k.dead = &DeadError{Kernel: k.spec.Name, State: k.process.state, Log: lastLines(k.logFile), Cause: k.closing}
	k.mu.Unlock()
	k.died()
	close(k.done)
}

// endAll tells all who wait that the kernel is dead.
func (k *Kernel) endAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, box := range k.waiting {
		box.end(k.dead)
	}
}
