package supervisor

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
	"golang.org/x/sys/unix"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

const (
	// maxQueued is how many bytes may wait for one client. One that reads so
	// slowly is disconnected, and may connect again.
	maxQueued = 256 << 20
	// writeWithin is how long a client may take to read one message.
	writeWithin = 30 * time.Second
)

// peer is one connected client of a socket.
type peer struct {
	socket *socket
	conn   net.Conn
	zmq    *jupyter.Socket
	id     string
	topics atomic.Pointer[map[string]bool]

	mu     sync.Mutex
	queue  [][][]byte
	queued int             // bytes that are not written yet
	empty  []chan struct{} // who waits for that to be 0

	wake chan struct{} // something is in the queue
	gone context.Context
	end  context.CancelFunc
}

// unnamed counts the clients that gave no identity, to name them as libzmq does:
// with a zero byte first.
var unnamed atomic.Uint64

func newPeer(s *socket, c net.Conn, z *jupyter.Socket) *peer {
	p := &peer{socket: s, conn: c, zmq: z, id: z.PeerIdentity(), wake: make(chan struct{}, 1)}
	if p.id == "" {
		p.id = fmt.Sprintf("\x00%08x", unnamed.Add(1))
	}
	p.topics.Store(&map[string]bool{})
	p.gone, p.end = context.WithCancel(s.ctx)
	return p
}

// leave disconnects the client.
func (p *peer) leave() {
	p.end()
	p.zmq.Close()
}

// send queues a message. It never blocks: whoever publishes to many can't wait
// for the slowest.
func (p *peer) send(frames [][]byte) {
	size := sizeOf(frames)
	p.mu.Lock()
	over := p.queued+size > maxQueued && p.queued > 0
	if !over {
		p.queue = append(p.queue, frames)
		p.queued += size
	}
	p.mu.Unlock()
	if over {
		p.socket.log.Warn("disconnected a client that reads too slowly", "waiting", maxQueued)
		p.leave()
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func sizeOf(frames [][]byte) (size int) {
	for _, f := range frames {
		size += len(f)
	}
	return size
}

// writeAll writes what is queued until the client leaves.
func (p *peer) writeAll() {
	for {
		select {
		case <-p.gone.Done():
			return
		case <-p.wake:
		}
		for _, frames := range p.take() {
			if err := p.write(frames); err != nil {
				p.socket.log.Info("dropped a client", "err", err)
				p.leave()
				return
			}
			p.wrote(sizeOf(frames))
		}
	}
}

func (p *peer) take() [][][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch := p.queue
	p.queue = nil
	return batch
}

func (p *peer) write(frames [][]byte) error {
	ctx, cancel := context.WithTimeout(p.gone, writeWithin)
	defer cancel()
	return p.zmq.Send(ctx, frames...)
}

func (p *peer) wrote(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued -= n
	if p.queued == 0 {
		for _, c := range p.empty {
			close(c)
		}
		p.empty = nil
	}
}

// drain waits until all that is queued is written or the client leaves. When ctx
// has ended it doesn't wait for the client any more, but for our own writing,
// which on a busy machine may not have had its turn.
func (p *peer) drain(ctx context.Context) {
	p.mu.Lock()
	if p.queued == 0 {
		p.mu.Unlock()
		return
	}
	done := make(chan struct{})
	p.empty = append(p.empty, done)
	p.mu.Unlock()
	ended := ctx.Done()
	var again <-chan time.Time
	for {
		select {
		case <-done:
			return
		case <-p.gone.Done():
			return
		case <-ended:
			ended = nil
		case <-again:
		}
		if !p.hasRoom() {
			return
		}
		again = time.After(5 * time.Millisecond)
	}
}

// hasRoom reports whether the client's connection takes more at this moment.
func (p *peer) hasRoom() (room bool) {
	c, ok := p.conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	err = raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(poll, 0)
		room = err == nil && n == 1 && poll[0].Revents == unix.POLLOUT
	})
	return room && err == nil
}

// readAll hands over what the client sends until it goes.
func (p *peer) readAll() error {
	for {
		frames, err := p.zmq.Recv()
		switch {
		case err != nil:
			return err
		case len(frames) == 0:
		case p.socket.kind == zmq4.Pub:
			p.subscribe(string(frames[0]))
		default:
			p.socket.receive(p, frames)
		}
	}
}

// subscribe reads a subscription: a byte that says to (1) or not to (0), and
// the topic.
func (p *peer) subscribe(frame string) {
	if frame == "" || frame[0] > 1 {
		return
	}
	topics := maps.Clone(*p.topics.Load())
	if frame[0] == 0 {
		delete(topics, frame[1:])
		p.topics.Store(&topics)
		return
	}
	topics[frame[1:]] = true
	p.topics.Store(&topics)
	if p.socket.joined != nil {
		p.socket.joined(p, frame[1:])
	}
}

func (p *peer) subscribed(topic string) bool {
	for prefix := range *p.topics.Load() {
		if strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}
