package procpool

import (
	"slices"
	"time"
)

// recoverWork deals with the work of a worker that has ended: it fails the
// work, or puts it back in the queue. It reports whether another worker should
// take the place of this one.
func (p *Pool) recoverWork(w *worker, end *crash) bool {
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
		// This work was running. Only after a panic is it known which of
		// several inputs failed. Otherwise each of them runs again separately.
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
		// Other workers that ended may have put work back.
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

// withdraw takes back all work of an owner and waits until no worker has any of
// it. A worker that keeps running such work is killed after cancelGrace. A
// worker that hasn't begun it, but has not returned it either, may be busy with
// a task of another owner; it has endLimit.
func (p *Pool) withdraw(o *owner, why error) {
	p.mu.Lock()
	if o.err == nil {
		o.err = why // applies to later work too
	}
	if o.open == 0 {
		p.mu.Unlock()
		return
	}
	if o.done == nil {
		o.done = make(chan struct{})
	}
	done := o.done
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
		case <-done:
			return
		case <-look.C:
		}
		p.killLate(o, time.Since(began) > endLimit)
		look.Reset(p.settings.cancelGrace / 5)
	}
}

// killLate kills the workers in which withdrawn work of an owner is running at
// two successive calls. If all is set, it kills every worker that has any such
// work. One call is not enough: if this program had no processor for a while,
// it may not have read yet what the worker sent long ago.
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
				w.kill(&crash{cause: "it kept running after its task was cancelled"})
			}
			s.late = s.begun
		}
	}
}
