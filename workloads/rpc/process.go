package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/base/child"
)

// A Process is a child that answers requests. It keeps no goroutine: a trace of
// the program shows the program's own.
type Process struct {
	*child.Process

	what   string       // "the server"
	ended  func() error // end, once
	closed atomic.Bool
	turn   chan struct{} // holds a token while a call is under way
	lines  lineReader    // the answers
	last   uint64
}

// An Ended error says that a call found its child gone.
type Ended struct {
	What  string // as it was given to Start
	Cause error  // how it ended, with what it wrote to standard error; nil if it ended well
}

func (e *Ended) Error() string {
	if e.Cause == nil {
		return e.What + " has ended"
	}
	return fmt.Sprintf("%s has ended: %v", e.What, e.Cause)
}

func (e *Ended) Unwrap() error { return e.Cause }

// Start starts this program again, as the child that a call of [Serve] with
// this variable awaits. Lists of processes show it by its name, errors by what
// it is, such as "the server".
func Start(variable, name, what string) (*Process, error) {
	started, err := child.Command{Variable: variable, Args: []string{name}}.Start()
	if err != nil {
		return nil, err
	}
	p := &Process{
		Process: started,
		what:    what,
		turn:    make(chan struct{}, 1),
		lines:   lineReader{r: started.Answers},
	}
	p.ended = sync.OnceValue(p.end)
	return p, nil
}

// Call sends a request and waits for its answer, in turn with other calls; ask
// and answer are as for json.Marshal and Unmarshal. A call that its context
// ends is given up, and its answer passed over by the next. The error is that
// of the child's answer function, context.Cause, or an [Ended].
func (p *Process) Call(ctx context.Context, ask, answer any) error {
	err := p.call(ctx, ask, answer)
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, os.ErrClosed} {
		if errors.Is(err, gone) {
			if p.closed.Load() {
				return fmt.Errorf("%s is closed", p.what)
			}
			return &Ended{p.what, p.ended()}
		}
	}
	return err
}

func (p *Process) call(ctx context.Context, ask, answer any) error {
	text, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		p.setDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-interrupted
			p.setDeadline(time.Time{})
		}
	}()

	p.last++
	err = p.exchange(request{p.last, text}, answer)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return err
}

func (p *Process) setDeadline(t time.Time) {
	// These fail only on closed pipes, where nothing waits any more.
	p.Requests.SetWriteDeadline(t)
	p.Answers.SetReadDeadline(t)
}

func (p *Process) exchange(q request, answer any) error {
	if err := writeLine(p.Requests, q); err != nil {
		return err
	}
	for {
		var r reply
		if err := p.lines.next(&r); err != nil {
			return err
		}
		switch {
		case r.ID != q.ID: // of a call that was given up
		case r.Error != "":
			return errors.New(r.Error)
		default:
			return json.Unmarshal(r.Answer, answer)
		}
	}
}

// end closes the pipe that keeps the child alive and waits for it. The error
// tells how the child ended when it ended otherwise, with what it wrote.
func (p *Process) end() error {
	defer p.Stderr.Close()
	p.Requests.Close()
	kill := time.AfterFunc(5*time.Second, func() { p.Kill() })
	defer kill.Stop()
	err := p.Wait()
	if err == nil {
		return nil
	}
	p.Stderr.SetReadDeadline(time.Now().Add(time.Second))
	const enough = 2000 // bytes: Go's runtime says first why a program ends, then where
	written, _ := io.ReadAll(io.LimitReader(p.Stderr, enough))
	if lines := strings.TrimSpace(string(written)); lines != "" {
		err = fmt.Errorf("%w: %s", err, lines)
	}
	return err
}

// Close ends the child and waits until its process is gone; calls under way
// fail. It returns an error if the child had ended in another way. Closing
// again does nothing and returns the same.
func (p *Process) Close() error {
	p.closed.Store(true)
	err := p.ended()
	p.Requests.Close()
	p.Answers.Close()
	return err
}
