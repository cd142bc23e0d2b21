package procpool

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// write sends the commands in a worker's outbox until gone is closed.
func (p *Pool) write(w *worker, gone <-chan struct{}) {
	var e encoder
	var batch []command
	for {
		select {
		case <-w.wake:
		case <-gone:
			return
		}
		p.mu.Lock()
		batch, w.outbox = w.outbox, batch[:0]
		p.mu.Unlock()
		for _, c := range batch {
			if c.kind == frameRun {
				if err := c.work.encode(&e); err != nil {
					p.refuse(w, c.work, err)
				}
			} else {
				start := len(e.buf)
				e.buf = beginFrame(e.buf, c.kind)
				if c.kind != frameEnd {
					e.buf = binary.AppendUvarint(e.buf, c.number)
				}
				endFrame(e.buf, start)
			}
			if len(e.buf) > windowBytes/4 && !w.flush(&e) {
				break
			}
		}
		clear(batch)
		if !w.flush(&e) {
			<-gone // the reader notices the error too
			return
		}
	}
}

func (w *worker) flush(e *encoder) bool {
	_, err := w.Requests.Write(e.buf)
	if cap(e.buf) > 2*windowBytes {
		e.buf = nil
	}
	e.buf = e.buf[:0]
	return err == nil
}

// refuse fails work that can't be encoded. Of several inputs, only some may be
// the cause, so it splits them.
func (p *Pool) refuse(w *worker, u work, err error) {
	p.mu.Lock()
	w.remove(u)
	if u.left() > 1 {
		parts := u.split()
		p.open += len(parts)
		u.state().owner.open += len(parts)
		p.putBack(parts...)
		p.end(u)
		p.distribute()
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.fail(u, "", err, true)
}

// read handles the worker's messages until the worker ends.
func (p *Pool) read(w *worker, frames *frameReader) {
	var d decoder
	for {
		kind, body, err := frames.next()
		if errors.Is(err, errBadFrame) {
			w.because(&crash{cause: err.Error()})
		}
		if err != nil {
			return
		}
		d.data = body
		if err := p.handle(w, kind, &d); err != nil {
			w.kill(&crash{cause: err.Error()})
			return
		}
		if !frames.ready() {
			p.mu.Lock()
			p.topUp(w)
			if w.overdue != nil {
				if len(w.sent) > 0 {
					w.overdue.Reset(p.settings.timeout + p.settings.timeoutGrace)
				} else {
					w.overdue.Stop()
				}
			}
			p.mu.Unlock()
		}
	}
}

func (p *Pool) handle(w *worker, kind byte, d *decoder) error {
	if kind == frameRecalled {
		return p.recalled(w, d)
	}
	id, err := d.uvarint()
	if err != nil {
		return err
	}
	p.mu.Lock()
	u := w.find(id)
	if u == nil {
		p.mu.Unlock()
		return fmt.Errorf("bad message: no task %d", id)
	}
	if kind == frameBegin {
		u.state().begun, w.begun = true, true
		p.failures = 0
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	switch kind {
	case frameResult:
		before := u.left()
		if err := u.decode(d, w.name); err != nil {
			return err
		}
		p.mu.Lock()
		w.done += before - u.left()
		if u.left() == 0 {
			w.remove(u)
			p.end(u)
		}
		p.mu.Unlock()
		return nil
	case framePanic:
		text, err := d.string()
		if err != nil {
			return err
		}
		w.panicked = true
		w.because(&crash{cause: text})
		return nil
	}
	return fmt.Errorf("bad message: kind %q", kind)
}

// recalled takes back work that a worker will not do.
func (p *Pool) recalled(w *worker, d *decoder) error {
	var again, withdrawn []work
	p.mu.Lock()
	w.recalling = false
	for len(d.data) > 0 {
		id, err := d.uvarint()
		u := w.find(id)
		if err != nil || u == nil {
			p.mu.Unlock()
			return fmt.Errorf("bad message: no task %d", id)
		}
		w.remove(u)
		if u.state().owner.err != nil {
			withdrawn = append(withdrawn, u)
		} else {
			again = append(again, u)
		}
	}
	p.putBack(again...)
	p.distribute()
	p.mu.Unlock()
	for _, u := range withdrawn {
		p.fail(u, "", u.state().owner.err, false) // owner.err doesn't change any more
	}
	return nil
}
