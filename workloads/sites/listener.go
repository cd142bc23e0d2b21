package sites

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A limitedListener is the server's listener. It counts connections, limits
// their number, and adds costs and a rate limit to them.
type limitedListener struct {
	net.Listener
	counters *counters
	cost     time.Duration // of a new connection
	limiter  *rateLimiter  // nil without a limit on bandwidth
	most     int           // maximum of connections at once; 0 means no limit
	maxFiles int           // connections that fit the limit on open files

	open    atomic.Int64
	waiting atomic.Bool // a connection is waiting for its turn

	// Used only if the number of connections is limited:
	mu    sync.Mutex
	quiet map[net.Conn]time.Time // when each connection without a request may be closed
	freed chan struct{}          // holds a token after a connection ended or became quiet
}

// sparedFiles is how many descriptors are reserved for other uses than
// connections, and for connections that are told that there are too many.
const sparedFiles = 64

func newLimitedListener(inner net.Listener, set settings, c *counters) *limitedListener {
	l := &limitedListener{
		Listener: inner,
		counters: c,
		cost:     set.ConnectCost,
		most:     set.MaxConnections,
		maxFiles: max(maxOpenFiles()-sparedFiles, 1),
		quiet:    make(map[net.Conn]time.Time),
		freed:    make(chan struct{}, 1),
	}
	if set.Bandwidth > 0 {
		l.limiter = &rateLimiter{bytesPerSecond: set.Bandwidth}
	}
	return l
}

func (l *limitedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.most > 0 {
		l.waitTurn()
	}
	l.counters.connections.Add(1)
	if l.cost == 0 && l.limiter == nil {
		return conn, nil
	}
	c := &costlyConn{Conn: conn, limiter: l.limiter}
	if l.cost > 0 {
		c.readable = time.Now().Add(l.cost)
	}
	return c, nil
}

// waitTurn waits until there is room for one more connection. It makes room by
// closing connections without a request: their clients keep them for later, and
// the new connection might otherwise wait as long.
func (l *limitedListener) waitTurn() {
	if int(l.open.Load()) < l.most {
		return
	}
	l.waiting.Store(true)
	defer l.waiting.Store(false)
	for int(l.open.Load()) >= l.most {
		again := time.NewTimer(l.closeQuiet())
		select {
		case <-l.freed:
		case <-again.C:
		}
		again.Stop()
	}
}

// newConnGrace is how long a new connection may wait with its first request
// before it can be closed to make room.
const newConnGrace = 200 * time.Millisecond

// closeQuiet closes the connection that has been without a request for the
// longest time. It returns how long to wait before the next try.
func (l *limitedListener) closeQuiet() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest net.Conn
	for conn, since := range l.quiet {
		if longest == nil || since.Before(l.quiet[longest]) {
			longest = conn
		}
	}
	if longest == nil {
		return time.Hour
	}
	if left := time.Until(l.quiet[longest]); left > 0 {
		return left
	}
	delete(l.quiet, longest)
	longest.Close()
	return time.Hour
}

// crowded reports whether answers should close their connections.
func (l *limitedListener) crowded() bool { return l.waiting.Load() }

// refusedConn is the context key that marks a connection beyond the limit on
// files.
type refusedConn struct{}

func (l *limitedListener) connContext(ctx context.Context, _ net.Conn) context.Context {
	if int(l.open.Load()) >= l.maxFiles {
		return context.WithValue(ctx, refusedConn{}, true)
	}
	return ctx
}

// changed is called for each change of a connection's state. For a new
// connection, it is called between two Accepts.
func (l *limitedListener) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.open.Add(-1)
	}
	if l.most == 0 {
		return
	}
	l.mu.Lock()
	switch state {
	case http.StateNew:
		l.quiet[conn] = time.Now().Add(l.cost + newConnGrace)
	case http.StateIdle:
		l.quiet[conn] = time.Now()
	default:
		delete(l.quiet, conn)
	}
	l.mu.Unlock()
	if state != http.StateActive {
		select {
		case l.freed <- struct{}{}:
		default:
		}
	}
}

// A costlyConn is a connection with a cost at its start or a limited rate.
type costlyConn struct {
	net.Conn
	readable time.Time    // reads wait until then; zero once that has passed
	limiter  *rateLimiter // nil without a limit
}

// NetConn returns the underlying connection.
func (c *costlyConn) NetConn() net.Conn { return c.Conn }

func (c *costlyConn) Read(p []byte) (int, error) {
	// Reads don't overlap: net/http and TLS read from one goroutine at a time.
	if !c.readable.IsZero() {
		time.Sleep(time.Until(c.readable))
		c.readable = time.Time{}
	}
	return c.Conn.Read(p)
}

func (c *costlyConn) Write(p []byte) (int, error) {
	if c.limiter == nil {
		return c.Conn.Write(p)
	}
	written := 0
	for written < len(p) {
		part := p[written:min(written+c.limiter.part(), len(p))]
		time.Sleep(time.Until(c.limiter.reserve(len(part))))
		n, err := c.Conn.Write(part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// A rateLimiter limits the rate of all connections together. Connections take
// turns with parts of their pages, so they share the rate evenly.
type rateLimiter struct {
	bytesPerSecond int

	mu   sync.Mutex
	free time.Time // when everything reserved has been sent
}

// part returns how many bytes to send at once: at most 4 KiB, and at most the
// bytes of 50 ms.
func (l *rateLimiter) part() int { return min(4096, max(l.bytesPerSecond/20, 1)) }

// oversleep is how late a connection may wake without reducing the rate. After
// a longer break, the limiter starts afresh.
const oversleep = 10 * time.Millisecond

// reserve reserves time for n bytes and returns when they will have been sent.
func (l *rateLimiter) reserve(n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.free) > oversleep {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(n) / float64(l.bytesPerSecond) * float64(time.Second)))
	return l.free
}
