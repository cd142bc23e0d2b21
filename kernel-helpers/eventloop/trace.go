package eventloop

import (
	"fmt"
	"io"
	"strings"
)

// A tracer writes the seven steps of a wait for a socket. A nil tracer writes
// nothing.
type tracer struct {
	to io.Writer
}

func (t *tracer) step(n int, format string, args ...any) {
	if t != nil {
		fmt.Fprintf(t.to, "%d  "+format+"\n", append([]any{n}, args...)...)
	}
}

// blocks writes what happens before the first step.
func (t *tracer) blocks(task int, what string) {
	if t != nil {
		fmt.Fprintf(t.to, "   %s would block: task %d waits for a future, and poll for the descriptor\n", what, task)
	}
}

// mostNamed is the largest number of descriptors that a line names.
const mostNamed = 8

func (t *tracer) asks(how string, p *pollSet) {
	if t == nil || !p.waiting() {
		return
	}
	var names []string
	for _, fd := range p.fds {
		if int(fd.Fd) == p.wakeIn {
			continue
		}
		for _, to := range []struct {
			event int16
			be    string
		}{{readable, "readable"}, {writable, "writable"}} {
			if fd.Events&to.event != 0 {
				names = append(names, fmt.Sprintf("fd %d %s", fd.Fd, to.be))
			}
		}
	}
	if more := len(names) - mostNamed; more > 0 {
		names = append(names[:mostNamed], fmt.Sprintf("%d more", more))
	}
	t.step(1, "poll %s %s", how, strings.Join(names, ", "))
}

func (t *tracer) ready(p *pollSet, fd int32, be string) {
	if int(fd) != p.wakeIn {
		t.step(2, "poll returns: fd %d is %s", fd, be)
	}
}

func (t *tracer) moved(what, name string, n int, err error) {
	switch {
	case t == nil:
	case err != nil:
		t.step(3, "%s: %v", what, err)
	case name == "recv":
		t.step(3, "%s: %d bytes go from the socket to the buffer", what, n)
	case name == "send":
		t.step(3, "%s: %d bytes go from the buffer to the socket", what, n)
	case name == "accept":
		t.step(3, "%s: the connection is fd %d", what, n)
	default:
		t.step(3, "%s: connected", what)
	}
}

func (t *tracer) woken(what string, task, n int, err error) {
	if err != nil {
		t.step(4, "the future of %s gets the error", what)
	} else {
		t.step(4, "the future of %s gets the result %d", what, n)
	}
	t.step(5, "its callback wakes task %d, which goes onto the ready list", task)
}

func (t *tracer) resumes(what string, task int) {
	t.step(6, "the loop resumes task %d in its innermost wait, %s", task, what)
}

func (t *tracer) returns(what string, task int, name string, n int, err error) {
	switch {
	case err != nil:
		t.step(7, "task %d: %s returns: %v", task, what, err)
	case name == "recv":
		t.step(7, "task %d: %s returns, and the caller reads the %d bytes", task, what, n)
	default:
		t.step(7, "task %d: %s returns", task, what)
	}
}
