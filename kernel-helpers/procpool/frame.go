package procpool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Parent and worker talk in frames over two pipes: 4 bytes, little endian, for
// the length of what follows, then a byte for the kind, then the body.

const (
	frameHeader = 5
	// maxValue bounds an encoded value.
	maxValue = 64 << 20
	// maxFrame bounds what follows the length: a value of any size, and others
	// before it that were not worth a frame of their own.
	maxFrame = maxValue + 2*flushSize
	// flushSize is how many bytes of results are worth a frame.
	flushSize = 32 << 10
	chunkSize = 64 << 10 // of reading
)

// Kinds of frames from the parent.
const (
	frameHello  = 'h' // worker's name, names of the tasks, time-out of a task
	frameRun    = 'r' // id, number of the task, count of inputs, inputs
	frameCancel = 'c' // id
	frameRecall = 'b' // count
	frameEnd    = 'e' // no more frames: end when all is done
)

// Kinds of frames from a worker.
const (
	frameReady    = 'R'
	frameBegin    = 'B' // id: the task is in hand
	frameResult   = 'A' // id, results of its next inputs
	frameRecalled = 'C' // ids: they will not be run
	framePanic    = 'P' // id, text: the worker ends
)

var errBadFrame = errors.New("bad frame")

// A frameReader reads frames. A body stays valid as long as someone keeps it.
type frameReader struct {
	r     io.Reader
	max   int
	chunk []byte // what was read
	pos   int    // of what was not yet returned
}

func newFrameReader(r io.Reader) *frameReader { return &frameReader{r: r, max: maxFrame} }

// next returns the next frame. At the end it returns io.EOF, or
// io.ErrUnexpectedEOF within a frame.
func (f *frameReader) next() (kind byte, body []byte, err error) {
	if err := f.fill(4); err != nil {
		return 0, nil, err
	}
	n := int(binary.LittleEndian.Uint32(f.chunk[f.pos:]))
	if n < 1 || n > f.max {
		return 0, nil, fmt.Errorf("%w: length %d is not within 1 and %d", errBadFrame, n, f.max)
	}
	if err := f.fill(4 + n); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	frame := f.chunk[f.pos : f.pos+4+n : f.pos+4+n]
	f.pos += 4 + n
	return frame[4], frame[frameHeader:], nil
}

// ready reports whether next would return without reading.
func (f *frameReader) ready() bool {
	unread := f.chunk[f.pos:]
	return len(unread) >= 4 && len(unread)-4 >= int(binary.LittleEndian.Uint32(unread))
}

// fill reads until n bytes are unread. Chunks are never written to again, for
// bodies point into them.
func (f *frameReader) fill(n int) error {
	for len(f.chunk)-f.pos < n {
		unread := f.chunk[f.pos:]
		if cap(f.chunk)-len(f.chunk) == 0 || cap(f.chunk)-f.pos < n {
			f.chunk = append(make([]byte, 0, max(chunkSize, n)), unread...)
			f.pos = 0
		}
		read, err := f.r.Read(f.chunk[len(f.chunk):cap(f.chunk)])
		f.chunk = f.chunk[:len(f.chunk)+read]
		if read == 0 && err != nil {
			if err == io.EOF && len(f.chunk) > f.pos {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// beginFrame appends the start of a frame to buf; endFrame, called with buf's
// length before it, fills in the frame's length.
func beginFrame(buf []byte, kind byte) []byte { return append(buf, 0, 0, 0, 0, kind) }

func endFrame(buf []byte, start int) {
	binary.LittleEndian.PutUint32(buf[start:], uint32(len(buf)-start-4))
}
