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

// A Kernel is a running kernel. Its methods are safe for concurrent use.
type Kernel struct {
	spec       Spec
	info       KernelInfo
	session    string // also the identity of our sockets, to which a kernel sends input requests
	key        Key
	folder     folder
	connection Connection
	logFile    string
	process    *process
	sockets    map[Channel]*zmtp.Conn
	readers    sync.WaitGroup
	heard      chan struct{}      // closed when a status has arrived on iopub
	lost       chan error         // receives one error from each reader when it ends
	other      func(Message)      // StartOptions.Other
	life       context.Context    // ends with the kernel's process
	died       context.CancelFunc //
	done       chan struct{}      // closed when the process has ended
	gone       chan struct{}      // closed when everything else has been cleaned up, too
	leftErr    error              // what couldn't be cleaned up; read it after gone is closed

	shutdownGrace, interruptGrace time.Duration

	backlog  atomic.Int64 // bytes in all mailboxes
	received atomic.Int64 // messages on all channels

	mu      sync.Mutex
	waiting map[string]*mailbox // by the id of the request
	closing error               // why this package is ending the kernel
	dead    error               // a *DeadError once the kernel has ended
}

// Spec returns the spec from which the kernel was started.
func (k *Kernel) Spec() Spec { return k.spec }

// Info returns the kernel's first reply to a kernel_info request.
func (k *Kernel) Info() KernelInfo { return k.info }

// Done returns a channel that is closed when the kernel's process has ended.
func (k *Kernel) Done() <-chan struct{} { return k.done }

// Err returns a [*DeadError] if the kernel's process has ended, and nil
// otherwise.
func (k *Kernel) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead
}

// Shutdown asks the kernel to end, waits until it has, and then removes
// everything that it left: processes, sockets, files. If the kernel is still
// running when ctx ends, or after [ShutdownGrace], Shutdown kills it; that is
// not an error. The error reports what could not be removed. Calls that wait in
// Execute return a [*DeadError].
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

// Kill is like Shutdown, but without asking. It returns when the kernel, its
// processes and its files are gone.
func (k *Kernel) Kill() error {
	k.close(ErrClosed)
	k.process.signal(syscall.SIGKILL)
	<-k.gone
	return k.leftErr
}

// close records why the kernel is being ended, for the errors of waiting calls.
func (k *Kernel) close(cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing == nil && k.dead == nil {
		k.closing = cause
	}
}

// Interrupt interrupts the kernel, by message or signal as its spec says. With
// a message it waits for the reply.
func (k *Kernel) Interrupt(ctx context.Context) error {
	asked, err := k.interrupt(ctx)
	if err != nil || asked == nil {
		return err
	}
	defer asked.forget()
	_, err = asked.await(ctx, isReply)
	return err
}

// interrupt is Interrupt without the wait. asked is nil after a signal.
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

// serve waits for the kernel's end, ends the calls that wait for it, and cleans
// up. It owns the readers.
func (k *Kernel) serve() {
	defer close(k.gone)
	k.awaitEnd()

	// End leftover processes first, because they could hold sockets open.
	sweepErr := k.process.sweep()
	// The sockets may still contain what the kernel wrote before its end, up to
	// the end of file.
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

// A kernel's sockets close shortly before its process ends, and their contents
// are soon read, so waiting for about a second is enough. The time is counted
// in looks, because on a busy machine this process may itself have been without
// a processor: it must not give up at its first look afterwards.
const (
	lookPause = 100 * time.Millisecond
	lookMost  = 10   // successive looks without progress
	lookLimit = 1000 // total of looks, even with progress
)

// await waits until done is closed, and reports false if it stops waiting
// before. A change of progress's value, if it is not nil, is a reason to wait
// longer.
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

// awaitEnd waits until the process has ended. If one of the kernel's sockets is
// closed, it makes sure that the process ends.
func (k *Kernel) awaitEnd() {
	select {
	case <-k.process.exited:
	case err := <-k.lost:
		// A kernel without one of its sockets is useless.
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

// endAll tells all waiting calls that the kernel is dead.
func (k *Kernel) endAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, box := range k.waiting {
		box.end(k.dead)
	}
}
