package jupyter

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// What the other end of a connection may claim. zmq4 allocates what a frame's
// header announces before a byte of it has come, so the limits must hold before
// zmq4 sees the header.
const (
	// MaxMessage is the largest message, in bytes, that a [Socket] receives.
	MaxMessage   = 1 << 30
	maxHandshake = 64 << 10
	// What a frame costs us beside its contents, so that a billion empty
	// frames don't pass for a small message.
	frameCost = 64
)

// ErrTooLarge says that the other end announced more than [MaxMessage] bytes.
var ErrTooLarge = errors.New("the message is too large")

var errReservedFlags = errors.New("not a ZMTP frame")

// link is the [net.Conn] that zmq4's protocol layer talks through. It buffers
// both ways, and follows the framing of what comes in (ZMTP 3.0,
// https://rfc.zeromq.org/spec/23/) to refuse what would make zmq4 panic or
// exhaust the memory, and to keep commands away from it: zmq4 answers a PING
// from its reading goroutine, in the midst of what another one is writing.
type link struct {
	net.Conn
	r *bufio.Reader
	w *bufio.Writer

	open    bool // the handshake is over
	left    int  // bytes that still belong to the frame (or greeting) at hand
	message int  // cost of the current message's frames so far
}

const greetingSize = 64

func newLink(c net.Conn) *link {
	return &link{
		Conn: c,
		r:    bufio.NewReaderSize(c, 64<<10),
		w:    bufio.NewWriterSize(c, 16<<10),
		left: greetingSize,
	}
}

// Read never returns bytes of two frames at once, and none of a frame that is
// too large.
func (l *link) Read(p []byte) (int, error) {
	if l.left == 0 {
		if err := l.nextFrame(); err != nil {
			return 0, err
		}
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// nextFrame looks at the next frame's header and leaves it unread.
func (l *link) nextFrame() error {
	const more, long, command = 1, 2, 4
	for {
		head, err := l.r.Peek(2)
		if err != nil {
			// An end between two messages is io.EOF, within one it isn't.
			if err == io.EOF && (len(head) > 0 || l.message > 0) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		flags, header, body := head[0], 2, uint64(head[1])
		if flags&^(more|long|command) != 0 || flags&command != 0 && flags&more != 0 {
			return errReservedFlags
		}
		if flags&long != 0 {
			header = 9
			if head, err = l.r.Peek(header); err != nil {
				return noEOF(err)
			}
			body = binary.BigEndian.Uint64(head[1:])
		}
		limit := MaxMessage
		if !l.open {
			limit = maxHandshake
		}
		if body > uint64(limit) || l.message+int(body)+frameCost > limit {
			return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
		}
		if l.open && flags&command != 0 {
			// We speak ZMTP 3.0, in which no command follows the handshake.
			if _, err := l.r.Discard(header + int(body)); err != nil {
				return noEOF(err)
			}
			continue
		}
		l.left = header + int(body)
		l.message += int(body) + frameCost
		if flags&more == 0 {
			l.message = 0
		}
		return nil
	}
}

// Write keeps what is written until flush; during the handshake it writes on.
func (l *link) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if err == nil && !l.open {
		err = l.w.Flush()
	}
	return n, err
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
