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

// A printer prints the workers' lines, each with one write.
type printer struct {
	mu     sync.Mutex
	stdout io.Writer
	stderr io.Writer
	left   int // lines of stdout that may still be shown; negative means all
	hidden int
}

// A stream is a worker's standard output or standard error.
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

// finish prints the number of lines that were not shown.
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

// longestLine is the maximum length of a printed line, in bytes. A longer line
// is split.
const longestLine = 64 << 10

// traceLines is how many lines of a crash's goroutine traces are shown. They are
// enough for the first goroutine.
const traceLines = 20

// copyLines prints the lines of r until its end. It returns the last line that
// says why the Go program ended, or "".
func (p *printer) copyLines(s stream, worker string, r io.Reader) (lastWords string) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	lines.Split(splitLine)
	trace := 0 // lines of the trace so far
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

// sayWhy reports whether a line says why Go's runtime ended the program.
func sayWhy(line []byte) bool {
	return startsWith(line, "panic: ", "fatal error: ", "SIGSEGV: ", "SIGBUS: ", "SIGILL: ", "SIGFPE: ", "SIGABRT: ", "SIGQUIT: ")
}

// ofTrace reports whether a line looks like part of a goroutine trace.
func ofTrace(line []byte) bool {
	return startsWith(line, "\t", "goroutine ", "created by ", "runtime stack:", "PC=") ||
		len(line) == 0 || line[len(line)-1] == ')'
}

func startsWith(line []byte, starts ...string) bool {
	return slices.ContainsFunc(starts, func(start string) bool { return bytes.HasPrefix(line, []byte(start)) })
}

// splitLine is like bufio.ScanLines, but splits a line that is too long,
// between characters.
func splitLine(data []byte, atEOF bool) (advance int, line []byte, err error) {
	const longest = longestLine - 1 // a bufio.Scanner fails if its buffer is full
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

// An output is the parent's end of a worker's standard output or standard
// error.
type output struct {
	file   *os.File
	exited atomic.Bool // the worker has exited
	after  int         // bytes read since then
}

// outputMost is how much is read after the worker's exit: at most what a pipe
// can hold. A process that a task moved to another process group may write
// forever.
const outputMost = 1 << 20

// Read reads the worker's output. After the worker's exit it reads only what
// the pipe holds, without waiting. Since no time limit is involved, a busy
// machine can't lose output.
func (o *output) Read(p []byte) (int, error) {
	if !o.exited.Load() {
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

// readHeld reads what a pipe holds, or returns io.EOF if it is empty.
func readHeld(pipe *os.File, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	var readErr error
	// Don't use raw.Read, which fails after the deadline. The descriptor is
	// non-blocking, as every file with deadlines is.
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

// end records that the worker has exited and interrupts a Read that is waiting.
func (o *output) end() {
	o.exited.Store(true)
	o.file.SetReadDeadline(time.Now())
}
