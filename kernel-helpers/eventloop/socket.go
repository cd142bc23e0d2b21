package eventloop

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Socket is a TCP connection or a listener that belongs to one loop.
// Operations on it never block the loop: an operation that can't be completed
// at once suspends its coroutine until poll reports that the socket is ready.
// At most one coroutine at a time may receive (or accept), and at most one may
// send.
type Socket struct {
	loop   *Loop
	fd     int
	waits  [2]*Future[int] // the futures of the operations waiting to receive and to send
	closed bool
}

// Connect connects to a numeric address such as 127.0.0.1:8080 or [::1]:8080.
// Resolve host names before, because a lookup would block the loop.
func Connect(co *Coroutine, address string) (*Socket, error) {
	if err := co.task.check(); err != nil {
		return nil, err
	}
	s, to, err := newSocket(co.task.self.loop, address)
	if err != nil {
		return nil, err
	}
	err = unix.Connect(s.fd, to)
	if err == unix.EINPROGRESS || err == unix.EINTR || err == unix.EAGAIN {
		_, err = s.whenReady(co, "connect", writable, func() (int, error) {
			code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			return 0, err
		})
	}
	if err != nil {
		s.Close()
		return nil, failure("connect to "+address, err)
	}
	return s, nil
}

// Listen returns a socket that accepts connections at a numeric address. If the
// port is 0, the system chooses one; see [Socket.Address].
func Listen(l *Loop, address string) (*Socket, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	s, at, err := newSocket(l, address)
	if err != nil {
		return nil, err
	}
	err = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(s.fd, at)
	}
	if err == nil {
		err = unix.Listen(s.fd, unix.SOMAXCONN)
	}
	if err != nil {
		s.Close()
		return nil, failure("listen on "+address, err)
	}
	return s, nil
}

// Accept waits for a connection and returns it.
func (s *Socket) Accept(co *Coroutine) (*Socket, error) {
	fd, err := s.do(co, "accept", readable, func() (int, error) {
		return openDescriptor(func() (int, error) {
			for {
				fd, _, err := unix.Accept(s.fd)
				if err != unix.ECONNABORTED { // the peer closed it before it was accepted; try the next one
					return fd, err
				}
			}
		})
	})
	if err != nil {
		return nil, failure("accept", err)
	}
	return &Socket{loop: s.loop, fd: fd}, nil
}

// Recv waits until data has arrived and receives at most len(p) bytes. When the
// peer has sent everything, the error is [io.EOF].
func (s *Socket) Recv(co *Coroutine, p []byte) (int, error) {
	n, err := s.do(co, "recv", readable, func() (int, error) { return unix.Read(s.fd, p) })
	switch {
	case err != nil:
		return 0, failure("receive", err)
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// Send sends all of p and waits whenever the system's buffer is full. It
// returns the number of bytes sent.
func (s *Socket) Send(co *Coroutine, p []byte) (sent int, err error) {
	for {
		n, err := s.do(co, "send", writable, func() (int, error) { return unix.Write(s.fd, p[sent:]) })
		if err != nil {
			return sent, failure("send", err)
		}
		if sent += n; sent >= len(p) {
			return sent, nil
		}
	}
}

// Stream returns the socket as an [io.ReadWriter] for use in one coroutine.
func (s *Socket) Stream(co *Coroutine) io.ReadWriter { return stream{s, co} }

type stream struct {
	s  *Socket
	co *Coroutine
}

func (s stream) Read(p []byte) (int, error)  { return s.s.Recv(s.co, p) }
func (s stream) Write(p []byte) (int, error) { return s.s.Send(s.co, p) }

// Close closes the socket. Operations that wait for it return [ErrClosed].
func (s *Socket) Close() error {
	if err := s.loop.check(); err != nil {
		return err
	}
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	for _, f := range s.waits {
		if f != nil && f.State() == Pending {
			f.finish(Finished, ErrClosed)
		}
	}
	s.loop.poll.unwatch(s.fd, readable)
	s.loop.poll.unwatch(s.fd, writable)
	if err := unix.Close(s.fd); err != nil {
		return failure("close", err)
	}
	return nil
}

// Fd returns the file descriptor, which the socket still owns.
func (s *Socket) Fd() int { return s.fd }

// Address returns the socket's own address.
func (s *Socket) Address() (netip.AddrPort, error) {
	if s.closed {
		return netip.AddrPort{}, ErrClosed
	}
	name, err := unix.Getsockname(s.fd)
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)), nil
	}
	return netip.AddrPort{}, failure("address", err)
}

// do attempts an operation. If it would block, do repeats the attempt whenever
// poll reports that the socket is ready.
func (s *Socket) do(co *Coroutine, name string, direction int16, attempt func() (int, error)) (int, error) {
	if err := co.task.check(); err != nil {
		return 0, err
	}
	switch {
	case co.task.self.loop != s.loop:
		return 0, errOtherLoop
	case s.closed:
		return 0, ErrClosed
	case *s.waiter(direction) != nil:
		return 0, ErrBusy
	}
	n, err := again(attempt)
	if err != unix.EAGAIN {
		return n, err
	}
	return s.whenReady(co, name, direction, attempt)
}

// whenReady is like do, but doesn't attempt the operation at once.
func (s *Socket) whenReady(co *Coroutine, name string, direction int16, attempt func() (int, error)) (int, error) {
	l, done := s.loop, NewFuture[int](s.loop)
	if l.trace != nil {
		done.what = fmt.Sprintf("%s(fd %d)", name, s.fd)
		l.trace.blocks(co.task.number, done.what)
	}
	waiter := s.waiter(direction)
	*waiter = done
	defer func() {
		*waiter = nil
		if done.State() != Finished {
			l.poll.unwatch(s.fd, direction)
		}
	}()

	l.poll.watch(s.fd, direction, func() {
		if done.State() != Pending {
			return // cancelled or closed: nothing may be read from the socket
		}
		n, err := again(attempt)
		if err == unix.EAGAIN {
			return
		}
		l.poll.unwatch(s.fd, direction)
		l.trace.moved(done.what, name, n, err)
		done.value = n
		done.finish(Finished, err)
		l.trace.woken(done.what, co.task.number, n, err)
	})
	n, err := Await(co, done)
	if errors.Is(err, ErrCancelled) && done.State() == Finished {
		// The operation finished before it was cancelled. Its data must not be
		// lost, so the next wait is cancelled instead.
		n, err = done.value, done.err
		co.task.cancelled = true
	}
	l.trace.returns(done.what, co.task.number, name, n, err)
	return n, err
}

func (s *Socket) waiter(direction int16) **Future[int] {
	if direction == readable {
		return &s.waits[0]
	}
	return &s.waits[1]
}

// again repeats an attempt that was interrupted by a signal.
func again(attempt func() (int, error)) (int, error) {
	for {
		if n, err := attempt(); err != unix.EINTR {
			return n, err
		}
	}
}

// newSocket opens a socket for an address.
func newSocket(l *Loop, address string) (*Socket, unix.Sockaddr, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, nil, fmt.Errorf("eventloop: %q is not a numeric address such as 127.0.0.1:8080 (resolve host names first): %w", address, err)
	}
	family, to := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()})
	if a.Addr().Unmap().Is4() {
		family, to = unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().Unmap().As4()}
	}
	fd, err := openDescriptor(func() (int, error) { return unix.Socket(family, unix.SOCK_STREAM, 0) })
	if err != nil {
		return nil, nil, failure("open a socket", err)
	}
	return &Socket{loop: l, fd: fd}, to, nil
}

// openDescriptor opens a descriptor that doesn't block and that no child
// inherits. It takes several steps because macOS can't do it in one.
func openDescriptor(open func() (int, error)) (int, error) {
	syscall.ForkLock.RLock()
	fd, err := open()
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

// failure adds what failed to a system error. Other errors are complete
// already.
func failure(what string, err error) error {
	if _, system := err.(unix.Errno); system {
		return fmt.Errorf("eventloop: %s: %w", what, err)
	}
	return err
}
