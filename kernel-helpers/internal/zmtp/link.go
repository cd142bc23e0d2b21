package zmtp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
)

// Limits for what the other end of a connection may announce. During a handshake,
// zmq4 allocates the size in a frame's header before the frame has arrived. So the
// limit must be checked before zmq4 sees the header.
const (
	// MaxMessage is the maximum size of a message that a [Conn] receives, in
	// bytes.
	MaxMessage   = 1 << 30
	maxHandshake = 64 << 10
	// FrameCost is how many bytes a frame counts in addition to its contents, so
	// that a billion empty frames aren't a small message.
	FrameCost = 64
)

// ErrTooLarge is the error of Recv if the other end announces a message that is
// larger than the limit.
var ErrTooLarge = errors.New("the message is too large")

var errReservedFlags = errors.New("not a ZMTP frame")

// A link is the [net.Conn] that zmq4's protocol layer uses. It buffers both
// directions, and parses the incoming frames (ZMTP 3.0) to refuse those that would
// make zmq4 panic. After the handshake, messages are received here instead of by
// zmq4, which allocates any announced size, and which answers a PING from the
// reading goroutine while another goroutine may be writing a message.
type link struct {
	net.Conn
	r *bufio.Reader
	w *bufio.Writer

	open    bool // the handshake is over
	limit   int  // cost of the largest message
	left    int  // bytes left of the current frame or greeting
	message int  // cost of the current message's frames so far
}

const greetingSize = 64

func newLink(c net.Conn) *link {
	return &link{
		Conn:  c,
		r:     bufio.NewReaderSize(c, 64<<10),
		w:     bufio.NewWriterSize(c, 16<<10),
		limit: maxHandshake,
		left:  greetingSize,
	}
}

// A frame is a parsed frame header.
type frame struct {
	more, command bool
	header, body  int // sizes
}

// Read never returns bytes of two frames at once, nor any of a frame that is too
// large.
func (l *link) Read(p []byte) (int, error) {
	if l.left == 0 {
		f, err := l.nextFrame()
		if err != nil {
			return 0, err
		}
		l.left = f.header + f.body
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// receive returns the frames of the next message. It allocates memory for them as
// they arrive.
func (l *link) receive() (frames [][]byte, err error) {
	for {
		f, err := l.nextFrame()
		if err != nil {
			return nil, err
		}
		if _, err := l.r.Discard(f.header); err != nil {
			return nil, noEOF(err)
		}
		if f.command { // in ZMTP 3.0 there is none after the handshake
			if _, err := l.r.Discard(f.body); err != nil {
				return nil, noEOF(err)
			}
			continue
		}
		body, err := l.body(f.body)
		if err != nil {
			return nil, noEOF(err)
		}
		if frames = append(frames, body); !f.more {
			return frames, nil
		}
	}
}

func (l *link) body(size int) ([]byte, error) {
	const step = 1 << 20
	body := make([]byte, 0, min(size, step))
	for len(body) < size {
		body = slices.Grow(body, min(size-len(body), step))
		n, err := io.ReadFull(l.r, body[len(body):min(size, cap(body))])
		body = body[:len(body)+n]
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

// nextFrame parses the next frame's header without consuming it.
func (l *link) nextFrame() (frame, error) {
	const more, long, command = 1, 2, 4
	head, err := l.r.Peek(2)
	if err != nil {
		// The end between two messages is io.EOF, the end within one isn't.
		if err == io.EOF && (len(head) > 0 || l.message > 0) {
			err = io.ErrUnexpectedEOF
		}
		return frame{}, err
	}
	flags, header, body := head[0], 2, uint64(head[1])
	if flags&^(more|long|command) != 0 || flags&command != 0 && flags&more != 0 {
		return frame{}, errReservedFlags
	}
	if flags&long != 0 {
		header = 9
		if head, err = l.r.Peek(header); err != nil {
			return frame{}, noEOF(err)
		}
		body = binary.BigEndian.Uint64(head[1:])
	}
	if body > uint64(l.limit) || l.message+int(body)+FrameCost > l.limit {
		return frame{}, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, l.limit)
	}
	f := frame{flags&more != 0, flags&command != 0, header, int(body)}
	if !f.command || !l.open {
		l.message += f.body + FrameCost
		if !f.more {
			l.message = 0
		}
	}
	return f, nil
}

// Write buffers p until flush. During the handshake it flushes at once.
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
