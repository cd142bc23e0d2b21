package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// maxLine limits what a reader keeps of a line that has not ended.
const maxLine = 1 << 20

// A lineReader reads messages, one per line. A part of a line survives a read
// that timed out, so that the next call can continue.
type lineReader struct {
	r      io.Reader
	unread []byte
}

// next reads one message into v. The error is io.EOF at the end of r, and
// io.ErrUnexpectedEOF if the end is within a line.
func (l *lineReader) next(v any) error {
	for {
		if line, rest, found := bytes.Cut(l.unread, []byte("\n")); found {
			l.unread = rest
			if err := json.Unmarshal(line, v); err != nil {
				return fmt.Errorf("bad message: %w", err)
			}
			return nil
		}
		if len(l.unread) > maxLine {
			return fmt.Errorf("bad message: longer than %d bytes", maxLine)
		}
		var chunk [4096]byte
		n, err := l.r.Read(chunk[:])
		l.unread = append(l.unread, chunk[:n]...)
		if n > 0 || err == nil {
			continue
		}
		if err == io.EOF && len(l.unread) > 0 {
			return io.ErrUnexpectedEOF
		}
		return err
	}
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
