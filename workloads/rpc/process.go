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

// A Process is a child that answers requests. It has no goroutine in the
// parent, so that a trace of the program shows only the program's own.
type Process struct {
	*child.Process

	what   string       // names the child in errors, such as "the server"
	ended  func() error // calls end once
	closed atomic.Bool
	turn   chan struct{} // holds a token while a call is in progress
	lines  lineReader    // the answers
	last   uint64
}

// An ExitError is the error of a call whose child has ended.
type ExitError struct {
	What  string // as passed to Start
	Cause error  // how it ended, with its standard error; nil for status 0
}

func (e *ExitError) Error() string {
	if e.Cause == nil {
		return e.What + " has ended"
	}
	return fmt.Sprintf("%s has ended: %v", e.What, e.Cause)
}

func (e *ExitError) Unwrap() error { return e.Cause }

// Start starts this program again, as a child that answers requests in the call
// of [Serve] with the same variable. The child's name is shown by lists of
// processes; what, such as "the server", names it in errors.
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

// Call sends a request and waits for its answer. Concurrent calls take turns.
// ask and answer are as for json.Marshal and json.Unmarshal. If ctx ends, Call
// returns at once, and the next call skips the answer. The error is that of the
// child's answer function, context.Cause, or an [ExitError].
func (p *Process) Call(ctx context.Context, ask, answer any) error {
	err := p.call(ctx, ask, answer)
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, os.ErrClosed} {
		if errors.Is(err, gone) {
			if p.closed.Load() {
				return fmt.Errorf("%s is closed", p.what)
			}
			return &ExitError{p.what, p.ended()}
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
	// These fail only on closed pipes, on which nothing waits.
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
		case r.ID != q.ID: // the answer of a call whose context ended
		case r.Error != "":
			return errors.New(r.Error)
		default:
			return json.Unmarshal(r.Answer, answer)
		}
	}
}

// end closes the pipe that keeps the child running, and waits for the child.
// The error says how the child ended, with its standard error, unless it ended
// with status 0.
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
	const enough = 2000 // bytes: Go's runtime prints the reason first, then the position
	written, _ := io.ReadAll(io.LimitReader(p.Stderr, enough))
	if lines := strings.TrimSpace(string(written)); lines != "" {
		err = fmt.Errorf("%w: %s", err, lines)
	}
	return err
}

// Close ends the child and waits until its process has ended. Calls in progress
// fail. The error says how the child ended, unless it ended normally. Further
// calls return the same error.
func (p *Process) Close() error {
	p.closed.Store(true)
	err := p.ended()
	p.Requests.Close()
	p.Answers.Close()
	return err
}
