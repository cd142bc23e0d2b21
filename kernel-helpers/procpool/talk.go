package procpool

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// write sends a worker what is in its outbox, until gone is closed.
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
			<-gone // the reader sees it too
			return
		}
	}
}

func (w *worker) flush(e *encoder) bool {
	_, err := w.commands.Write(e.buf)
	if cap(e.buf) > 2*windowBytes {
		e.buf = nil
	}
	e.buf = e.buf[:0]
	return err == nil
}

// refuse answers work that can't be encoded. Of several inputs only some may be
// at fault.
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

// read handles what a worker sends until that ends.
func (p *Pool) read(w *worker, frames *frameReader) {
	var d decoder
	for {
		kind, body, err := frames.next()
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
					w.overdue.Reset(p.settings.timeout + grace)
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

// recalled takes work back that a worker will not do.
func (p *Pool) recalled(w *worker, d *decoder) error {
	var withdrawn []work
	p.mu.Lock()
	w.recalling = false
	var again []work
	for len(d.data) > 0 {
		id, err := d.uvarint()
		u := w.find(id)
		if err != nil || u == nil {
			p.mu.Unlock()
			return fmt.Errorf("bad message: no task %d", id)
		}
		w.remove(u)
		if u.state().withdrawn {
			withdrawn = append(withdrawn, u)
		} else {
			again = append(again, u)
		}
	}
	p.putBack(again...)
	p.distribute()
	p.mu.Unlock()
	for _, u := range withdrawn {
		p.fail(u, "", u.state().owner.err, false)
	}
	return nil
}

// bury answers or gives to others what a worker had that has ended, and reports
// whether another should take its place.
func (p *Pool) bury(w *worker, end *crash) bool {
	type failure struct {
		work
		err    error
		ofWork bool
	}
	var failed []failure
	var again []work
	p.mu.Lock()
	if !w.begun {
		p.failures++
	}
	for _, u := range w.sent {
		s := u.state()
		switch {
		case p.dead != nil:
			failed = append(failed, failure{u, p.dead, false})
			continue
		case s.withdrawn:
			failed = append(failed, failure{u, s.owner.err, false})
			continue
		case !s.begun:
			again = append(again, u)
			continue
		}
		// It was in hand. Which of several inputs it was is known after a
		// panic only; otherwise they go on one by one.
		parts := []work{u}
		if u.left() > 1 {
			parts = u.split()
			p.open += len(parts) - 1
			s.owner.open += len(parts) - 1
		}
		if len(parts) == 1 || w.panicked {
			if parts[0].state().tries++; parts[0].state().tries > p.settings.retries {
				failed = append(failed, failure{parts[0], end, true})
				parts = parts[1:]
			}
		}
		again = append(again, parts...)
	}
	w.sent = nil
	p.putBack(again...)
	p.distribute()
	p.mu.Unlock()
	for _, f := range failed {
		p.fail(f.work, w.name, f.err, f.ofWork)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead == nil && !p.ending
}

// withdraw takes back all work of an owner and waits until none of it is left
// with a worker. A worker that goes on is killed.
func (p *Pool) withdraw(o *owner, why error) {
	p.mu.Lock()
	if o.err == nil {
		o.err = why // of what may yet be given, too
	}
	if o.open == 0 {
		p.mu.Unlock()
		return
	}
	if o.ended == nil {
		o.ended = make(chan struct{})
	}
	ended := o.ended
	var queued []work
	p.queue = slices.DeleteFunc(p.queue, func(u work) bool {
		if u.state().owner == o {
			queued = append(queued, u)
			return true
		}
		return false
	})
	for _, w := range p.workers {
		for _, u := range w.sent {
			if s := u.state(); s.owner == o && !s.withdrawn {
				s.withdrawn = true
				w.send(command{kind: frameCancel, number: s.id})
			}
		}
	}
	p.mu.Unlock()
	for _, u := range queued {
		p.fail(u, "", why, false)
	}
	late := time.AfterFunc(cancelGrace, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, w := range p.workers {
			if slices.ContainsFunc(w.sent, func(u work) bool { return u.state().owner == o }) {
				w.kill(&crash{cause: "it went on after its task was cancelled"})
			}
		}
	})
	defer late.Stop()
	<-ended
}
