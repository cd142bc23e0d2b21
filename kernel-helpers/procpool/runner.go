package procpool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// The first byte of an input's result.
const (
	answerValue byte = iota
	answerError
	answerCanceled // an error that is context.Canceled
	answerDeadline // an error that is context.DeadlineExceeded
)

// flushTime is how long the results of a chunk may wait for others, until the end of a
// task.
const flushTime = time.Millisecond

// A runner runs tasks one by one. It sends all earlier results before it begins
// a task, so that the parent knows which tasks were begun and which have ended,
// however the worker ends.
type runner struct {
	server  *server
	inputs  decoder
	results encoder
	frame   int // start of the current frame of results in results.buf, or -1
	lastEnd int // end of the last result
}

func (r *runner) serve(s *server) {
	r.server, r.frame = s, -1
	for {
		next, ok := r.next()
		if !ok {
			return
		}
		r.inputs.data = next.inputs
		if next.dropped {
			r.skip(next)
			continue
		}
		r.run(next)
	}
}

// next takes a run from the queue. It reports false if there will be no more.
func (r *runner) next() (run, bool) {
	s := r.server
	s.mu.Lock()
	for len(s.queue) == 0 {
		if len(r.results.buf) > 0 {
			s.mu.Unlock()
			r.flush()
			s.mu.Lock()
			continue
		}
		if s.ending {
			s.mu.Unlock()
			return run{}, false
		}
		s.more.Wait()
	}
	next := s.queue[0]
	s.queue[0] = run{}
	s.queue = s.queue[1:]
	if !next.dropped {
		next.ctx, s.cancel = context.WithCancel(context.Background())
		s.inHand = next.id
	}
	s.mu.Unlock()
	return next, true
}

// skip reads the inputs of a dropped run.
func (r *runner) skip(dropped run) {
	defer func() { _ = recover() }() // a type that decodes itself may panic
	for range dropped.count {
		if dropped.task.skip(&r.inputs) != nil {
			return
		}
	}
}

func (r *runner) run(it run) {
	s := r.server
	start := len(r.results.buf)
	r.results.buf = beginFrame(r.results.buf, frameBegin)
	r.results.buf = binary.AppendUvarint(r.results.buf, it.id)
	endFrame(r.results.buf, start)
	r.flush()

	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cancel()
		s.inHand, s.cancel = 0, nil
	}()
	r.frame = -1
	r.answers(it)
}

// answers runs the task on each input and appends the results. If the task's function
// panics or calls runtime.Goexit, the worker ends, because its state is unknown.
func (r *runner) answers(it run) {
	var late *alarm
	if it.count > 1 {
		late = newAlarm(flushTime)
		defer late.stop()
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		text := "the task called runtime.Goexit"
		if v := recover(); v != nil {
			text = fmt.Sprintf("panic: %v%s", v, panicPlace())
		}
		r.crash(it.id, text)
	}()
	for i := range it.count {
		if r.frame < 0 {
			r.frame = len(r.results.buf)
			r.results.buf = beginFrame(r.results.buf, frameResult)
			r.results.buf = binary.AppendUvarint(r.results.buf, it.id)
		}
		r.answer(it)
		if i == it.count-1 || len(r.results.buf) > flushSize || late.rang() {
			endFrame(r.results.buf, r.frame)
			r.frame = -1
			if i < it.count-1 {
				r.flush()
				late.reset()
			}
		}
	}
	returned = true
}

// answer runs the task on its next input and appends the result.
func (r *runner) answer(it run) {
	start := len(r.results.buf)
	r.lastEnd = start
	r.results.buf = append(r.results.buf, answerValue)
	err := r.call(it)
	if size := len(r.results.buf) - start; size > maxValue {
		r.results.undo(start)
		err = fmt.Errorf("send result: %w", tooLarge(size))
	}
	if err != nil {
		r.fail(start, err)
	}
}

// call calls the task's function, within the time-out if there is one.
func (r *runner) call(it run) error {
	t := r.server.hello.timeout
	if t <= 0 {
		return it.task.run(it.ctx, &r.inputs, &r.results)
	}
	ctx, cancel := context.WithTimeout(it.ctx, t)
	defer cancel()
	return it.task.run(ctx, &r.inputs, &r.results)
}

// fail replaces the result that starts there by an error.
func (r *runner) fail(start int, err error) {
	r.results.buf = r.results.buf[:start] // nothing was encoded there
	kind := answerError
	switch {
	case errors.Is(err, context.Canceled):
		kind = answerCanceled
	case errors.Is(err, context.DeadlineExceeded):
		kind = answerDeadline
	}
	text := err.Error()
	r.results.buf = append(r.results.buf, kind)
	r.results.buf = appendString(r.results.buf, text[:min(len(text), maxText)])
}

// maxText is the maximum length of an error's text, in bytes.
const maxText = 1 << 20

func tooLarge(size int) error {
	return fmt.Errorf("a value of %d MB is more than the %d MB that a message may hold: send it in parts, or in a file", size>>20, maxValue>>20)
}

// crash tells the parent why this worker is ending, and ends it.
func (r *runner) crash(id uint64, text string) {
	done := r.results.buf[:r.lastEnd]
	endFrame(done, r.frame)
	start := len(done)
	done = beginFrame(done, framePanic)
	done = binary.AppendUvarint(done, id)
	done = appendString(done, text[:min(len(text), maxText)])
	endFrame(done, start)
	r.server.send(done)
	os.Exit(2)
}

// panicPlace returns the position of the panic that is being recovered.
func panicPlace() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		if panicking && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf(" at %s:%d", frame.File[strings.LastIndexByte(frame.File, '/')+1:], frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return ""
		}
	}
}

func (r *runner) flush() {
	r.server.send(r.results.buf)
	if cap(r.results.buf) > 2*windowBytes {
		r.results.buf = nil
	}
	r.results.buf = r.results.buf[:0]
}
