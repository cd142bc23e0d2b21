package eventloop

import (
	"math"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A pollSet is the set of file descriptors to poll, each with the functions to
// call when it is readable or writable.
type pollSet struct {
	fds     []unix.PollFd
	watches []watch     // of the descriptor with the same index in fds
	place   map[int]int // index in fds of a file descriptor
	wait    func(fds []unix.PollFd, milliseconds int) error

	wakeIn, wakeOut int // a pipe that ends a wait; -1 if there is none
}

type watch struct {
	readable, writable func()
}

// The two directions of a socket.
const (
	readable = unix.POLLIN
	writable = unix.POLLOUT
)

// waiting reports whether any descriptor other than the wake pipe is polled.
func (p *pollSet) waiting() bool {
	return len(p.fds) > 1 || len(p.fds) == 1 && p.wakeIn < 0
}

// watch makes the loop call f in every round in which fd is ready in the
// direction.
func (p *pollSet) watch(fd int, direction int16, f func()) {
	i, known := p.place[fd]
	if !known {
		if p.place == nil {
			p.place = map[int]int{}
		}
		i = len(p.fds)
		p.place[fd] = i
		p.fds = append(p.fds, unix.PollFd{Fd: int32(fd)})
		p.watches = append(p.watches, watch{})
	}
	p.set(i, direction, f)
	p.fds[i].Events |= direction
}

// unwatch undoes watch.
func (p *pollSet) unwatch(fd int, direction int16) {
	i, known := p.place[fd]
	if !known {
		return
	}
	p.set(i, direction, nil)
	p.fds[i].Events &^= direction
	if p.fds[i].Events != 0 {
		return
	}
	last := len(p.fds) - 1
	p.fds[i], p.watches[i] = p.fds[last], p.watches[last]
	p.place[int(p.fds[i].Fd)] = i
	delete(p.place, fd)
	p.watches[last] = watch{}
	p.fds, p.watches = p.fds[:last], p.watches[:last]
}

func (p *pollSet) set(i int, direction int16, f func()) {
	if direction == readable {
		p.watches[i].readable = f
	} else {
		p.watches[i].writable = f
	}
}

// waitForSockets puts the functions for ready sockets on the ready list. It
// waits until there is one or the timeout has passed.
func (l *Loop) waitForSockets(timeout time.Duration) error {
	p := &l.poll
	if timeout != 0 {
		l.trace.asks("waits for", p)
	}
	l.turn.Store(&pollOwner)
	err := p.wait(p.fds, milliseconds(timeout))
	l.turn.Store(&l.owner)
	if err == unix.EINTR {
		return nil // interrupted by a signal; the next round waits for the rest
	}
	if err != nil {
		return failure("poll", err)
	}
	if timeout == 0 && slices.ContainsFunc(p.fds, func(fd unix.PollFd) bool { return fd.Revents != 0 }) {
		l.trace.asks("looks, while others are ready, for", p)
	}
	for i, fd := range p.fds {
		if fd.Revents == 0 {
			continue
		}
		// After an error or a hang-up, let the operation find out what
		// happened.
		broken := fd.Revents&^(readable|writable) != 0
		if f := p.watches[i].readable; f != nil && (broken || fd.Revents&readable != 0) {
			l.trace.ready(p, fd.Fd, "readable")
			l.soon(f)
		}
		if f := p.watches[i].writable; f != nil && (broken || fd.Revents&writable != 0) {
			l.trace.ready(p, fd.Fd, "writable")
			l.soon(f)
		}
	}
	return nil
}

// milliseconds rounds d up, so that a timer never finds that it is too early.
func milliseconds(d time.Duration) int {
	if d == forever {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, math.MaxInt32))
}

func waitPoll(fds []unix.PollFd, milliseconds int) error {
	_, err := unix.Poll(fds, milliseconds)
	return err
}

// openWake creates the pipe with which interrupt ends a wait.
func (p *pollSet) openWake() error {
	var ends [2]int
	syscall.ForkLock.RLock() // prevents a child from inheriting them
	err := unix.Pipe(ends[:])
	if err == nil {
		unix.CloseOnExec(ends[0])
		unix.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return failure("open a pipe", err)
	}
	p.wakeIn, p.wakeOut = ends[0], ends[1]
	p.watch(p.wakeIn, readable, func() {
		var b [1]byte
		unix.Read(p.wakeIn, b[:])
	})
	return nil
}

// interrupt ends the current wait, or the next one. Only this method is called
// by another goroutine, and only once, so the pipe never blocks.
func (p *pollSet) interrupt() { unix.Write(p.wakeOut, []byte{0}) }

func (p *pollSet) closeWake() {
	if p.wakeIn < 0 {
		return
	}
	p.unwatch(p.wakeIn, readable)
	unix.Close(p.wakeIn)
	unix.Close(p.wakeOut)
	p.wakeIn, p.wakeOut = -1, -1
}
