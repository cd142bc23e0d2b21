package procpool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Parent and worker exchange frames over two pipes. A frame is 4 bytes with the
// length of the rest, little endian, a byte for the kind, and the body.

const (
	frameHeader = 5
	// maxValue is the maximum size of an encoded value.
	maxValue = 64 << 20
	// maxFrame is the maximum of the length field: a value of any allowed size,
	// together with smaller values before it.
	maxFrame = maxValue + 2*flushSize
	// flushSize is the size from which results are sent.
	flushSize = 32 << 10
	chunkSize = 64 << 10 // size of a read
)

// Kinds of frames from the parent. The comments give their bodies.
const (
	frameHello  = 'h' // the worker's name, the time-out of tasks, the names of the tasks
	frameRun    = 'r' // id, number of the task, number of inputs, inputs
	frameCancel = 'c' // id
	frameRecall = 'b' // count
	frameEnd    = 'e' // empty; no frames follow: end when all work is done
)

// Kinds of frames from a worker.
const (
	frameReady    = 'R'
	frameBegin    = 'B' // id of work that is beginning
	frameResult   = 'A' // id, results of the next inputs
	frameRecalled = 'C' // ids of work that will not run
	framePanic    = 'P' // id, text; the worker is ending
)

var errBadFrame = errors.New("bad frame")

// A frameReader reads frames. The bodies stay valid.
type frameReader struct {
	r     io.Reader
	max   int
	chunk []byte // data that was read
	pos   int    // index of the first byte that was not returned
}

func newFrameReader(r io.Reader) *frameReader { return &frameReader{r: r, max: maxFrame} }

// next returns the next frame. The error is io.EOF at the end, and
// io.ErrUnexpectedEOF if the end is within a frame.
func (f *frameReader) next() (kind byte, body []byte, err error) {
	if err := f.fill(4); err != nil {
		return 0, nil, err
	}
	n := int(binary.LittleEndian.Uint32(f.chunk[f.pos:]))
	if n < 1 || n > f.max {
		return 0, nil, fmt.Errorf("%w: length %d is not between 1 and %d", errBadFrame, n, f.max)
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

// fill reads until n unread bytes are available. Chunks are never overwritten,
// because bodies refer to them.
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

// beginFrame appends the start of a frame to buf. When the frame is complete,
// endFrame fills in its length; start is the length that buf had before
// beginFrame.
func beginFrame(buf []byte, kind byte) []byte { return append(buf, 0, 0, 0, 0, kind) }

func endFrame(buf []byte, start int) {
	binary.LittleEndian.PutUint32(buf[start:], uint32(len(buf)-start-4))
}
