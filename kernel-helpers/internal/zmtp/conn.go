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

// A Conn is one connection between two sockets. It can be used as the only
// connection of a DEALER, SUB or REQ socket, or as one of those of a ROUTER, PUB
// or REP socket. It doesn't add or remove frames: the caller sends the empty frame
// of REQ and REP and the subscription messages of SUB.
//
// A Conn starts no goroutine. Recv must not be called by several goroutines at
// once; Send and Close may.
type Conn struct {
	conn    *zmq4.Conn
	link    *link
	sending chan struct{} // holds a token while no goroutine sends
}

// Dial connects to a listening socket and performs the handshake. t is the type of
// this end, and identity is the name under which a ROUTER at the other end knows
// it. Dial fails if ctx ends first.
func Dial(ctx context.Context, network, address string, t SocketType, identity string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: connect: %w", err)
	}
	return Handshake(ctx, c, t, identity, false)
}

// Handshake performs the handshake on a new connection, which the caller has made
// or, as the server, accepted. Handshake takes ownership of c. It closes c if the
// handshake fails or ctx ends first.
func Handshake(ctx context.Context, c net.Conn, t SocketType, identity string, server bool) (s *Conn, err error) {
	l := newLink(c)
	disarm := onEnd(ctx, func() { c.SetDeadline(past) })
	defer func() {
		// zmq4 panics on truncated metadata and on unknown socket types.
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

// PeerIdentity returns the identity of the other end, or "" if it has none.
func (s *Conn) PeerIdentity() string { return s.conn.Peer.Meta["Identity"] }

// SetLimit sets the size of the largest message that Recv accepts, in bytes. Each
// frame counts [FrameCost] bytes more. The default is [MaxMessage]. SetLimit must
// not be called during a call of Recv.
func (s *Conn) SetLimit(bytes int) { s.link.limit = bytes }

// Send writes one message. If ctx ends before the whole message is written, or the
// other end has closed the connection, Send returns an error and closes the Conn,
// because no other message can follow a part of one. If the error is nil, the
// system has buffered the message; the other end may not have read it.
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

// Recv waits for the next message. Close ends the wait. The error is [io.EOF] if
// the other end closed the connection after a whole message. After an error, Recv
// must not be called again.
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

// Close closes the connection. Buffered messages are still sent.
func (s *Conn) Close() error { return s.conn.Close() }

// past is a deadline with which reads and writes return at once.
var past = time.Unix(1, 0)

// onEnd calls f when ctx ends. disarm reports whether f was called. When disarm
// returns, f isn't running.
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
