package jupyter

import "sync"

// An event is a message that has arrived for a request.
type event struct {
	channel Channel
	msg     Message
	size    int64 // bytes, for the backlog
}

// A mailbox holds the events of one request, in order, until they are handled.
// It never blocks the reader of a socket, because a kernel's PUB socket drops
// messages if the reader is too slow (libzmq's does from 1000 messages on).
type mailbox struct {
	wake chan struct{} // holds a token when there may be something new

	mu   sync.Mutex
	in   []event
	err  error // why there will be no more events
	flaw error // why some events are missing

	out []event // taken by the receiver; used only by it
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds an event.
func (m *mailbox) put(e event) {
	m.mu.Lock()
	m.in = append(m.in, e)
	m.mu.Unlock()
	m.signal()
}

// spoil records that an event is missing, and why. Only the first reason
// counts.
func (m *mailbox) spoil(err error) {
	m.mu.Lock()
	if m.flaw == nil {
		m.flaw = err
	}
	m.mu.Unlock()
	m.signal()
}

// end records that there will be no more events, and why. Only the first reason
// counts.
func (m *mailbox) end(err error) {
	m.mu.Lock()
	if m.err == nil {
		m.err = err
	}
	m.mu.Unlock()
	m.signal()
}

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// next returns the oldest event. If there is none, err says why there will be
// no more, or is nil if another one may arrive.
func (m *mailbox) next() (e event, ok bool, err error) {
	if len(m.out) == 0 {
		m.mu.Lock()
		m.out, m.in = m.in, nil
		err = m.err
		m.mu.Unlock()
	}
	if len(m.out) == 0 {
		return event{}, false, err
	}
	e, m.out[0] = m.out[0], event{}
	m.out = m.out[1:]
	return e, true, nil
}

// spoilt returns why an event is missing, or nil.
func (m *mailbox) spoilt() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.flaw
}

// drop discards the remaining events and returns their size.
func (m *mailbox) drop() (size int64) {
	for {
		e, ok, _ := m.next()
		if !ok {
			return size
		}
		size += e.size
	}
}
