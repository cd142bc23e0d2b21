package procpool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
)

// Work is what the pool sends to workers: one or more inputs of one task. Only
// the goroutine that takes it from the pool's queue or a worker's list may
// answer it, so two goroutines never do.
type work interface {
	state() *workState
	left() int // number of inputs that are not answered
	// encode appends the frame that runs the unanswered inputs.
	encode(e *encoder) error
	// decode reads the results of the next inputs and passes them on.
	decode(d *decoder, worker string) error
	// fail passes on an error for all inputs that are not answered. If ofWork
	// is set, the error is of this work, and fail adds its name. Otherwise it
	// is an error of the pool or the call.
	fail(worker string, err error, ofWork bool)
	// split returns the unanswered inputs as separate work.
	split() []work
}

// workState is the pool's state for a unit of work, guarded by its lock.
type workState struct {
	id        uint64
	owner     *owner
	begun     bool // by the worker that has it
	tries     int  // number of workers that ended while they ran it
	estimate  int  // of its encoded size
	cancelled bool // the worker was told
	late      bool // it was still running after it should have ended
}

// An owner is the call to which work belongs. Its work is withdrawn together.
type owner struct {
	// Guarded by the pool's lock.
	open int           // units of work that have not ended
	err  error         // why the work was withdrawn
	done chan struct{} // closed when open is 0 after a withdrawal; nil before

	bytes, inputs atomic.Int64 // sent so far; bytes in both directions
}

// unknownSize is the assumed size of an input before one has been sent.
const unknownSize = 64 << 10

func (o *owner) note(bytes, inputs int) {
	o.bytes.Add(int64(bytes))
	o.inputs.Add(int64(inputs))
}

// size returns the average size of an input and its result, in bytes.
func (o *owner) size() int {
	if n := o.inputs.Load(); n > 0 {
		return int(o.bytes.Load() / n)
	}
	return unknownSize
}

// A unit is work of one task.
type unit[In, Out any] struct {
	workState
	task   *Task[In, Out]
	first  int // index of inputs[0] among the call's inputs
	inputs []In
	sink   sink[In, Out]
}

// A sink takes the results of inputs, several at a time.
type sink[In, Out any] interface {
	// buffer returns an empty slice in which to collect results.
	buffer() []answer[In, Out]
	// receive takes results of inputs that follow each other, and the slice.
	receive(batch []answer[In, Out])
}

func (u *unit[In, Out]) state() *workState { return &u.workState }

func (u *unit[In, Out]) left() int { return len(u.inputs) }

func (u *unit[In, Out]) encode(e *encoder) error {
	start := len(e.buf)
	e.buf = beginFrame(e.buf, frameRun)
	e.buf = binary.AppendUvarint(e.buf, u.id)
	e.buf = binary.AppendUvarint(e.buf, uint64(u.task.number))
	e.buf = binary.AppendUvarint(e.buf, uint64(len(u.inputs)))
	values := len(e.buf)
	for i := range u.inputs {
		err := encodeValue(e, &u.inputs[i])
		if size := len(e.buf) - values; err == nil && size > maxValue {
			err = tooLarge(size)
		}
		if err != nil {
			e.undo(start)
			return fmt.Errorf("send input: %w", err)
		}
	}
	u.owner.note(len(e.buf)-start, len(u.inputs))
	endFrame(e.buf, start)
	return nil
}

func (u *unit[In, Out]) decode(d *decoder, worker string) (err error) {
	size := len(d.data)
	batch := u.sink.buffer()
	defer func() {
		if v := recover(); v != nil { // from a method of a result's type
			err = fmt.Errorf("read a result: panic: %v", v)
		}
		u.sink.receive(batch)
		u.owner.note(size, 0)
	}()
	if cap(batch) == 0 {
		batch = make([]answer[In, Out], 0, min(len(u.inputs), size)) // a result has a byte at least
	}
	var none, out Out // one for all results: it is on the heap
	for len(d.data) > 0 {
		if len(u.inputs) == 0 {
			return errors.New("bad message: more results than inputs")
		}
		kind := d.data[0]
		d.data = d.data[1:]
		out = none
		var failed error
		if kind == answerValue {
			if err := decodeValue(d, &out); err != nil {
				return err
			}
		} else if failed, err = u.readError(d, kind, worker); err != nil {
			return err
		}
		batch = u.answer(batch, out, worker, failed)
	}
	return nil
}

// readError reads the error of the next input.
func (u *unit[In, Out]) readError(d *decoder, kind byte, worker string) (failed, err error) {
	text, err := d.string()
	if err != nil {
		return nil, err
	}
	remote := &remoteError{text: text}
	switch kind {
	case answerCanceled:
		remote.is = context.Canceled
	case answerDeadline:
		remote.is = context.DeadlineExceeded
	}
	return u.error(worker, remote), nil
}

// answer appends the result of the next input to a batch.
func (u *unit[In, Out]) answer(batch []answer[In, Out], out Out, worker string, err error) []answer[In, Out] {
	batch = append(batch, answer[In, Out]{Result[In, Out]{Index: u.first, Input: u.inputs[0], Output: out, Worker: worker}, err, true})
	u.inputs = u.inputs[1:]
	u.first++
	return batch
}

func (u *unit[In, Out]) fail(worker string, err error, ofWork bool) {
	batch := u.sink.buffer()
	for len(u.inputs) > 0 {
		var none Out
		cause := err
		if ofWork {
			cause = u.error(worker, err)
		}
		batch = u.answer(batch, none, worker, cause)
	}
	u.sink.receive(batch)
}

func (u *unit[In, Out]) error(worker string, err error) error {
	return &TaskError{Task: u.task.name, Input: describe(u.inputs[0]), Worker: worker, Tries: u.tries, Err: err}
}

func (u *unit[In, Out]) split() []work {
	var parts []work
	for i := range u.inputs {
		part := &unit[In, Out]{task: u.task, first: u.first + i, inputs: u.inputs[i : i+1 : i+1], sink: u.sink}
		part.owner, part.tries = u.owner, u.tries
		parts = append(parts, part)
	}
	return parts
}
