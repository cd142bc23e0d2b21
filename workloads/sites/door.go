package sites

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A door is the server's listener: it counts the connections, lets no more in
// than it may, and puts costs and limits on them.
type door struct {
	net.Listener
	counters *counters
	cost     time.Duration // of a new connection
	line     *line         // nil without a bandwidth limit
	most     int           // connections at once, 0 for no limit
	maxFiles int           // connections that the limit on open files leaves room for

	open    atomic.Int64
	waiting atomic.Bool // a connection waits for its turn

	// With a limit on connections only:
	mu    sync.Mutex
	quiet map[net.Conn]time.Time // connections without a request, and since when
	freed chan struct{}          // holds a token after a connection ended or became quiet
}

// sparedFiles are left for what the process opens besides connections, and for
// connections that are told that there are too many.
const sparedFiles = 64

func newDoor(l net.Listener, set settings, c *counters) *door {
	d := &door{
		Listener: l,
		counters: c,
		cost:     set.ConnectCost,
		most:     set.MaxConnections,
		maxFiles: max(maxOpenFiles()-sparedFiles, 1),
		quiet:    make(map[net.Conn]time.Time),
		freed:    make(chan struct{}, 1),
	}
	if set.Bandwidth > 0 {
		d.line = &line{bytesPerSecond: set.Bandwidth}
	}
	return d
}

func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if d.most > 0 {
		d.waitTurn()
	}
	d.counters.connections.Add(1)
	if d.cost == 0 && d.line == nil {
		return conn, nil
	}
	c := &costlyConn{Conn: conn, line: d.line}
	if d.cost > 0 {
		c.readable = time.Now().Add(d.cost)
	}
	return c, nil
}

// waitTurn waits until there is room for one more connection, and makes room
// by closing connections without a request: their clients keep them for later,
// and without this the one that waits might wait as long.
func (d *door) waitTurn() {
	if int(d.open.Load()) < d.most {
		return
	}
	d.waiting.Store(true)
	defer d.waiting.Store(false)
	for int(d.open.Load()) >= d.most {
		again := time.NewTimer(d.closeQuiet())
		select {
		case <-d.freed:
		case <-again.C:
		}
		again.Stop()
	}
}

// newConnGrace is how long a connection may take to its first request before
// it can be closed to make room.
const newConnGrace = 200 * time.Millisecond

// closeQuiet closes the connection that has been without a request for longest
// and returns when to try again.
func (d *door) closeQuiet() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	var longest net.Conn
	for conn, since := range d.quiet {
		if longest == nil || since.Before(d.quiet[longest]) {
			longest = conn
		}
	}
	if longest == nil {
		return time.Hour
	}
	if left := time.Until(d.quiet[longest]); left > 0 {
		return left
	}
	delete(d.quiet, longest)
	longest.Close()
	return time.Hour
}

// crowded reports whether answers should end their connections.
func (d *door) crowded() bool { return d.waiting.Load() }

// refusedConn is the key in the context of a connection that is too many.
type refusedConn struct{}

func (d *door) connContext(ctx context.Context, _ net.Conn) context.Context {
	if int(d.open.Load()) >= d.maxFiles {
		return context.WithValue(ctx, refusedConn{}, true)
	}
	return ctx
}

// changed is told of each change of a connection's state. For a new one it is
// called between two Accepts.
func (d *door) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		d.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		d.open.Add(-1)
	}
	if d.most == 0 {
		return
	}
	d.mu.Lock()
	switch state {
	case http.StateNew:
		d.quiet[conn] = time.Now().Add(d.cost + newConnGrace)
	case http.StateIdle:
		d.quiet[conn] = time.Now()
	default:
		delete(d.quiet, conn)
	}
	d.mu.Unlock()
	if state != http.StateActive {
		select {
		case d.freed <- struct{}{}:
		default:
		}
	}
}

// A costlyConn is a connection with a cost at its start or a share of a
// limited line.
type costlyConn struct {
	net.Conn
	readable time.Time // nothing is read before; zero when it was reached
	line     *line     // nil without a limit
}

// NetConn returns the connection beneath.
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
	if c.line == nil {
		return c.Conn.Write(p)
	}
	written := 0
	for written < len(p) {
		part := p[written:min(written+c.line.part(), len(p))]
		time.Sleep(time.Until(c.line.reserve(len(part))))
		n, err := c.Conn.Write(part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// A line sends so many bytes a second for all connections together. Each part
// of a page takes its turn on it, so connections share it evenly.
type line struct {
	bytesPerSecond int

	mu   sync.Mutex
	free time.Time // when all that was reserved has been sent
}

// part returns how many bytes to send at a time: at most 4 KiB, and no more
// than the line sends in 50 ms.
func (l *line) part() int { return min(4096, max(l.bytesPerSecond/20, 1)) }

// oversleep is by how much a connection may wake too late without the line
// losing speed; after a longer break it starts afresh.
const oversleep = 10 * time.Millisecond

// reserve takes the line for n bytes and returns when they will have been sent.
func (l *line) reserve(n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.free) > oversleep {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(n) / float64(l.bytesPerSecond) * float64(time.Second)))
	return l.free
}
