package jupyter

import "sync"

// event is a message that came in for a request.
type event struct {
	channel Channel
	msg     Message
	size    int64 // bytes, for the account of what waits
}

// mailbox holds what has come in for one request, in order, until it is handled.
// It never blocks the reader of a socket: a kernel's PUB socket drops messages
// for who doesn't read (libzmq from 1000 on).
type mailbox struct {
	wake chan struct{} // has a token when there may be something new

	mu   sync.Mutex
	in   []event
	err  error // there will be no more events
	flaw error // why something is missing among the events

	out []event // taken by the receiver, which alone uses it
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds an event.
func (m *mailbox) put(e event) {
	m.mu.Lock()
	m.in = append(m.in, e)
	m.mu.Unlock()
	m.signal()
}

// spoil notes that something that should have been an event is missing, and why.
// The first reason stays.
func (m *mailbox) spoil(err error) {
	m.mu.Lock()
	if m.flaw == nil {
		m.flaw = err
	}
	m.mu.Unlock()
	m.signal()
}

// end says that there will be no more events, and why. The first reason stays.
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

// next returns the oldest event. Without one it returns why there will be none,
// or nil if one may still come.
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

// spoilt returns why something is missing.
func (m *mailbox) spoilt() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.flaw
}

// drop throws away what is left and returns its size.
func (m *mailbox) drop() (size int64) {
	for {
		e, ok, _ := m.next()
		if !ok {
			return size
		}
		size += e.size
	}
}
