package eventloop

import (
	"math"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A pollSet is what poll waits for: file descriptors, each with what to call
// when it is readable or writable.
type pollSet struct {
	fds     []unix.PollFd
	watches []watch     // of fds, place by place
	place   map[int]int // of a file descriptor in fds
	wait    func(fds []unix.PollFd, milliseconds int) error

	wakeIn, wakeOut int // a pipe that ends a wait; -1, -1: there is none
}

type watch struct {
	readable, writable func()
}

// The two directions of a socket.
const (
	readable = unix.POLLIN
	writable = unix.POLLOUT
)

// waiting reports whether there is anything to wait for but the end.
func (p *pollSet) waiting() bool {
	return len(p.fds) > 1 || len(p.fds) == 1 && p.wakeIn < 0
}

// watch calls f, as often as it is so, when fd is ready in a direction.
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

// waitForSockets puts what is called for ready sockets on the ready list. It
// waits until there is any, or the timeout is over.
func (l *Loop) waitForSockets(timeout time.Duration) error {
	p := &l.poll
	if timeout != 0 {
		l.trace.asks("waits for", p)
	}
	l.turn.Store(&nobody)
	err := p.wait(p.fds, milliseconds(timeout))
	l.turn.Store(&l.owner)
	if err == unix.EINTR {
		return nil // a signal; the next round waits for the rest
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
		// An error or the other side's end is for whoever waits to find out.
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

// milliseconds rounds up, for a timer must not find that it is too early.
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

// openWake makes the pipe by which interrupt ends a wait.
func (p *pollSet) openWake() error {
	var ends [2]int
	syscall.ForkLock.RLock() // no child is to inherit them
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

// interrupt ends the wait under way, or the next one. It is the one thing that
// another goroutine does, and only once: the pipe has room for it.
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
