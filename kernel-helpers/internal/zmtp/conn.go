package zmtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// A Conn is one connection between two sockets. It does what one connection of
// a DEALER, SUB or REQ socket does, and is the part from which a ROUTER, PUB or
// REP socket is made. It adds and takes away no frames, so the empty frame of
// REQ and REP and the subscription messages of SUB are the caller's.
//
// A Conn starts no goroutine. One goroutine at a time may be in Recv; Send and
// Close may be called from any.
type Conn struct {
	conn    *zmq4.Conn
	link    *link
	sending chan struct{} // holds a token while nobody sends
}

// Dial connects to a listening socket and shakes hands. t is the type of this
// end, identity the name that a ROUTER at the other end will know it by. When
// ctx ends, Dial gives up.
func Dial(ctx context.Context, network, address string, t SocketType, identity string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: connect: %w", err)
	}
	return Handshake(ctx, c, t, identity, false)
}

// Handshake makes a Conn of a connection that has just been made or, as server,
// accepted. It owns c from now on, and closes it if the handshake fails or isn't
// over when ctx ends.
func Handshake(ctx context.Context, c net.Conn, t SocketType, identity string, server bool) (s *Conn, err error) {
	l := newLink(c)
	disarm := onEnd(ctx, func() { c.SetDeadline(past) })
	defer func() {
		// zmq4 panics on metadata that is cut short and on unknown socket types.
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed handshake: %v", p)
		}
		if disarm() && err == nil {
			err = c.SetDeadline(time.Time{})
		}
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			s, err = nil, errors.Join(fmt.Errorf("zmtp: connect to %s: %w", peerName(c), err), c.Close())
		}
	}()
	conn, err := zmq4.Open(l, null.Security(), zmq4.SocketType(t), zmq4.SocketIdentity(identity), server, nil)
	if err != nil {
		return nil, err
	}
	l.open, l.message, l.limit = true, 0, MaxMessage
	s = &Conn{conn: conn, link: l, sending: make(chan struct{}, 1)}
	s.sending <- struct{}{}
	return s, nil
}

// PeerIdentity returns the identity that the other end gave itself, empty if it
// gave none.
func (s *Conn) PeerIdentity() string { return s.conn.Peer.Meta["Identity"] }

// SetLimit sets the size of the largest message that is received, in bytes; each
// frame counts [FrameCost] more. Without it, that's [MaxMessage]. It must not be called
// while a goroutine is in Recv.
func (s *Conn) SetLimit(bytes int) { s.link.limit = bytes }

// Send writes one message. When ctx ends before all of it is written, or the
// other end is gone, the error says so and the Conn is closed: a message that
// broke off can't be followed by another. A nil error means that the system has
// taken the message over, not that the other end has read it.
func (s *Conn) Send(ctx context.Context, frames ...[]byte) error {
	select {
	case <-s.sending:
	case <-ctx.Done():
		return fmt.Errorf("zmtp: send: %w", context.Cause(ctx))
	}
	defer func() { s.sending <- struct{}{} }()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("zmtp: send: %w", context.Cause(ctx))
	}

	disarm := onEnd(ctx, func() { s.link.SetWriteDeadline(past) })
	err := s.conn.SendMsg(zmq4.NewMsgFrom(frames...))
	if err == nil {
		err = s.link.w.Flush()
	}
	if disarm() && err == nil {
		err = s.link.SetWriteDeadline(time.Time{})
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		s.Close()
		return fmt.Errorf("zmtp: send: %w", err)
	}
	return nil
}

// Recv waits for the next message; Close ends the wait. The error is [io.EOF]
// when the other end closed the connection between two messages; all that it
// had written before has been received by then. Every error is final.
func (s *Conn) Recv() (frames [][]byte, err error) {
	frames, err = s.link.receive()
	switch {
	case err == nil:
		return frames, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	}
	return nil, fmt.Errorf("zmtp: receive: %w", err)
}

// Close closes the connection. What the system has taken over is still sent.
func (s *Conn) Close() error { return s.conn.Close() }

// past is a deadline that makes reads and writes return at once.
var past = time.Unix(1, 0)

// onEnd calls f when ctx ends. disarm says whether f was called, and returns
// only when it can't be at work any more.
func onEnd(ctx context.Context, f func()) (disarm func() (called bool)) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		f()
	})
	return func() bool {
		if stop() {
			return false
		}
		<-done
		return true
	}
}

func peerName(c net.Conn) string {
	if a := c.RemoteAddr(); a != nil && a.String() != "" {
		return a.String()
	}
	return "the other end"
}
