package procpool

import (
	"slices"
	"time"
)

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
		case s.owner.err != nil:
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
	if p.dead != nil {
		// Whatever other workers' ends may have put back since.
		for _, u := range p.queue {
			failed = append(failed, failure{u, p.dead, false})
		}
		p.queue = nil
	}
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
// with a worker. A worker that goes on with it is killed after cancelGrace; one
// that has only not given back yet what it hasn't begun may be at work for
// another owner, and is given endLimit.
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
			if s := u.state(); s.owner == o && !s.cancelled {
				s.cancelled = true
				w.send(command{kind: frameCancel, number: s.id})
			}
		}
	}
	p.mu.Unlock()
	for _, u := range queued {
		p.fail(u, "", why, false)
	}
	began := time.Now()
	look := time.NewTimer(p.settings.cancelGrace)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return
		case <-look.C:
		}
		p.killLate(o, time.Since(began) > endLimit)
		look.Reset(p.settings.cancelGrace / 5)
	}
}

// killLate kills the workers that still have withdrawn work of an owner in hand
// at a second look, or with all those that have any of it. Two looks, because
// the first may come before what a worker has long since sent is read, if this
// program had no processor.
func (p *Pool) killLate(o *owner, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		for _, u := range w.sent {
			s := u.state()
			if s.owner != o {
				continue
			}
			if all || s.late {
				w.kill(&crash{cause: "it went on after its task was cancelled"})
			}
			s.late = s.begun
		}
	}
}
