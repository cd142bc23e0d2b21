package procpool

import (
	"fmt"
	"slices"
)

// enqueue adds work of one owner to the queue.
func (p *Pool) enqueue(units []work) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead != nil && p.dead != ErrClosed {
		return fmt.Errorf("procpool: %w", p.dead)
	}
	if p.closed {
		return ErrClosed
	}
	o := units[0].state().owner
	if o.err != nil {
		return o.err
	}
	o.open += len(units)
	p.open += len(units)
	p.queue = append(p.queue, units...)
	p.distribute()
	return nil
}

// distribute sends work from the queue to the workers that have room, those
// with the least work first. If there is none, it recalls work for workers that
// are idle. The caller must hold the lock, as for the functions below.
func (p *Pool) distribute() {
	for len(p.queue) > 0 {
		var least *worker
		for _, w := range p.workers {
			if w.hasRoom() && (least == nil || len(w.sent) < len(least.sent)) {
				least = w
			}
		}
		if least == nil {
			return
		}
		p.assign(least)
	}
	p.balance()
}

// topUp sends more work to a worker that has done half of its work.
func (p *Pool) topUp(w *worker) {
	if len(w.sent) <= window/2 {
		for len(p.queue) > 0 && w.hasRoom() {
			p.assign(w)
		}
	}
	if len(w.sent) == 0 {
		p.balance()
	}
}

// hasRoom reports whether a worker may be sent more work: always up to two
// units, however large, and further ones as long as they fit in the window.
func (w *worker) hasRoom() bool {
	return len(w.sent) < 2 || len(w.sent) < window && w.bytes < windowBytes
}

// assign sends the first work in the queue to a worker.
func (p *Pool) assign(w *worker) {
	u := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	s := u.state()
	p.lastID++
	s.id, s.begun = p.lastID, false
	s.estimate = s.owner.size() * u.left()
	if len(w.sent) == 0 && w.overdue != nil {
		w.overdue.Reset(p.settings.timeout + p.settings.timeoutGrace)
	}
	w.sent = append(w.sent, u)
	w.bytes += s.estimate
	w.send(command{kind: frameRun, work: u})
}

// send puts a command in the worker's outbox.
func (w *worker) send(c command) {
	w.outbox = append(w.outbox, c)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// balance recalls work from the worker that has the most if another has none.
func (p *Pool) balance() {
	if !slices.ContainsFunc(p.workers, func(w *worker) bool { return len(w.sent) == 0 }) {
		return
	}
	var most *worker
	for _, w := range p.workers {
		if len(w.sent) > 1 && !w.recalling && (most == nil || len(w.sent) > len(most.sent)) {
			most = w
		}
	}
	if most != nil {
		most.recalling = true
		most.send(command{kind: frameRecall, number: uint64(len(most.sent) / 2)})
	}
}

// find returns the worker's work with this id, or nil.
func (w *worker) find(id uint64) work {
	for _, u := range w.sent {
		if u.state().id == id {
			return u
		}
	}
	return nil
}

// remove removes work from the worker's list.
func (w *worker) remove(u work) {
	i := slices.Index(w.sent, u)
	w.bytes -= u.state().estimate
	if i == 0 { // nearly always
		w.sent[0] = nil
		w.sent = w.sent[1:]
		return
	}
	w.sent = slices.Delete(w.sent, i, i+1)
}

// end counts u, which has been answered, as ended.
func (p *Pool) end(u work) {
	o := u.state().owner
	if o.open--; o.open == 0 && o.done != nil {
		close(o.done)
	}
	if p.open--; p.open == 0 && p.drained != nil {
		close(p.drained)
	}
}

// fail answers work with an error and ends it. The caller must not hold the
// lock, because describing an input may call its methods.
func (p *Pool) fail(u work, worker string, err error, ofWork bool) {
	u.fail(worker, err, ofWork)
	p.mu.Lock()
	p.end(u)
	p.mu.Unlock()
}

// putBack puts work at the front of the queue.
func (p *Pool) putBack(units ...work) {
	p.queue = append(units, p.queue...)
}
