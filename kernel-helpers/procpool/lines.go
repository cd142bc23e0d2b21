package procpool

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

// A printer shows lines of workers, each with one write.
type printer struct {
	mu     sync.Mutex
	stdout io.Writer
	stderr io.Writer
	left   int // lines of stdout that may still be shown; negative: all
	hidden int
}

// A stream is one of a worker's two.
type stream int

const (
	toStdout stream = iota
	toStderr
)

func (p *printer) print(s stream, worker string, line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := p.stderr
	if s == toStdout {
		to = p.stdout
		if p.left == 0 {
			p.hidden++
			return
		}
		p.left--
	}
	text := make([]byte, 0, len(worker)+len(line)+3)
	text = append(append(append(text, worker...), ": "...), line...)
	_, _ = to.Write(append(text, '\n'))
}

// finish tells how many lines were not shown.
func (p *printer) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.hidden == 1:
		fmt.Fprintln(p.stdout, "... and 1 more line")
	case p.hidden > 1:
		fmt.Fprintf(p.stdout, "... and %d more lines\n", p.hidden)
	}
	p.hidden = 0
}

// longestLine is what is shown of a line at once; the rest follows as another
// line.
const longestLine = 64 << 10

// traceLines is how many lines are shown of the goroutines that Go's runtime
// lists when a program ends badly: those of the first.
const traceLines = 20

// copyLines shows what r holds until its end. It returns the last line that
// says why a Go program ends, if there was one.
func (p *printer) copyLines(s stream, worker string, r io.Reader) (lastWords string) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	lines.Split(splitLine)
	trace := 0 // lines of the list so far
	endTrace := func() {
		if trace > traceLines {
			p.print(s, worker, fmt.Appendf(nil, "... and %d more lines", trace-traceLines))
		}
		trace = 0
	}
	for lines.Scan() {
		line := lines.Bytes()
		switch {
		case s == toStdout:
		case sayWhy(line):
			endTrace()
			lastWords = shorten(string(line), 500)
		case lastWords != "" && ofTrace(line):
			if trace++; trace > traceLines {
				continue
			}
		default:
			endTrace()
		}
		p.print(s, worker, line)
	}
	endTrace()
	return lastWords
}

// sayWhy reports whether a line says why Go's runtime ends a program.
func sayWhy(line []byte) bool {
	return startsWith(line, "panic: ", "fatal error: ", "SIGSEGV: ", "SIGBUS: ", "SIGILL: ", "SIGFPE: ", "SIGABRT: ", "SIGQUIT: ")
}

// ofTrace reports whether a line looks like one of a list of goroutines.
func ofTrace(line []byte) bool {
	return startsWith(line, "\t", "goroutine ", "created by ", "runtime stack:", "PC=") ||
		len(line) == 0 || line[len(line)-1] == ')'
}

func startsWith(line []byte, starts ...string) bool {
	return slices.ContainsFunc(starts, func(start string) bool { return bytes.HasPrefix(line, []byte(start)) })
}

// splitLine is bufio.ScanLines, but cuts a line that is too long, between
// characters.
func splitLine(data []byte, atEOF bool) (advance int, line []byte, err error) {
	const longest = longestLine - 1 // a bufio.Scanner fails with a full buffer
	advance, line, err = bufio.ScanLines(data, atEOF)
	if advance > 0 || len(data) < longest {
		return advance, line, err
	}
	end := longest
	for i := range utf8.UTFMax {
		if utf8.RuneStart(data[longest-i]) {
			end = longest - i
			break
		}
	}
	return end, data[:end], nil
}

// An output is the parent's end of a worker's standard output or error.
type output struct {
	file  *os.File
	ended atomic.Bool // the worker has
	after int         // bytes read since
}

// outputMost is how much is read after the worker's end: what a pipe can hold.
// What a task has started and moved to another process group may write for ever.
const outputMost = 1 << 20

// Read reads what the worker writes. After the worker's end, it reads what the
// pipe holds and waits for nothing: no time passes in which a busy machine
// could lose output.
func (o *output) Read(p []byte) (int, error) {
	if !o.ended.Load() {
		n, err := o.file.Read(p)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
	n, err := readHeld(o.file, p)
	if o.after += n; err == nil && o.after > outputMost {
		err = io.EOF
	}
	return n, err
}

// readHeld reads what a pipe holds, and io.EOF if that is nothing.
func readHeld(pipe *os.File, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	var readErr error
	// Not raw.Read, which fails when the deadline has passed. The descriptor
	// doesn't block, or it would have no deadlines.
	err = raw.Control(func(fd uintptr) {
		for {
			n, readErr = syscall.Read(int(fd), p)
			if readErr != syscall.EINTR {
				return
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case readErr == syscall.EAGAIN, readErr == nil && n == 0:
		return 0, io.EOF
	case readErr != nil:
		return 0, readErr
	}
	return n, nil
}

// end is called when the worker has ended. A Read that waits goes on.
func (o *output) end() {
	o.ended.Store(true)
	o.file.SetReadDeadline(time.Now())
}
