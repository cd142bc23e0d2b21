package sites

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// The parent and its server talk over two pipes, a JSON object a line: the
// parent asks, and the server answers each request once. The pipe of requests
// is also the server's lease of life: when it closes, the server ends.

const (
	askStart = "start" // serve with these settings; the answer tells the address
	askStats = "stats"
)

type request struct {
	ID       uint64    `json:"id"`
	Ask      string    `json:"ask"`
	Settings *settings `json:"settings,omitempty"`
}

type reply struct {
	ID          uint64 `json:"id"`
	Error       string `json:"error,omitempty"`
	Address     string `json:"address,omitempty"`     // host:port
	Certificate []byte `json:"certificate,omitempty"` // DER, with TLS
	Stats       *Stats `json:"stats,omitempty"`
}

var errNoAnswer = errors.New("the server's reply holds no answer")

// maxLine bounds what a reader keeps of a line that does not end.
const maxLine = 1 << 20

// A lineReader reads messages, one a line. What it has of a line survives a
// read that timed out, so that the next call goes on from there.
type lineReader struct {
	r      io.Reader
	unread []byte
}

// next reads one message into v. At the end of r it returns io.EOF, or
// io.ErrUnexpectedEOF within a line.
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

// A caller is the parent's end of the pipes. It keeps no goroutine: a trace
// of the program shows the program's own.
type caller struct {
	turn     chan struct{} // holds a token while a call is under way
	requests *os.File
	answers  *os.File
	lines    lineReader
	last     uint64
}

func newCaller(requests, answers *os.File) *caller {
	return &caller{
		turn:     make(chan struct{}, 1),
		requests: requests,
		answers:  answers,
		lines:    lineReader{r: answers},
	}
}

// call sends a request and waits for its reply, in turn with other calls.
func (c *caller) call(ctx context.Context, q request) (reply, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return reply{}, context.Cause(ctx)
	}
	if ctx.Err() != nil {
		return reply{}, context.Cause(ctx)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		c.setDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-interrupted
			c.setDeadline(time.Time{})
		}
	}()

	c.last++
	q.ID = c.last
	answer, err := c.exchange(q)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return answer, err
}

func (c *caller) setDeadline(t time.Time) {
	// These fail only on closed pipes, where nothing waits any more.
	c.requests.SetWriteDeadline(t)
	c.answers.SetReadDeadline(t)
}

func (c *caller) exchange(q request) (reply, error) {
	if err := writeLine(c.requests, q); err != nil {
		return reply{}, err
	}
	for {
		var answer reply
		if err := c.lines.next(&answer); err != nil {
			return reply{}, err
		}
		switch {
		case answer.ID != q.ID: // of a call that was given up
		case answer.Error != "":
			return reply{}, errors.New(answer.Error)
		default:
			return answer, nil
		}
	}
}

func (c *caller) close() {
	c.requests.Close()
	c.answers.Close()
}
