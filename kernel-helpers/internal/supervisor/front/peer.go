package front

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/speedup/kernel-helpers/internal/zmtp"
)

const (
	// maxQueued is how many bytes may wait for one client. A client that reads so
	// slowly is disconnected, and may connect again.
	maxQueued = 256 << 20
	// writeWithin is how long a client may take to read one message.
	writeWithin = 30 * time.Second
)

// peer is one connected client of a socket.
type peer struct {
	log    *slog.Logger
	conn   net.Conn
	zmq    *zmtp.Conn
	id     string
	topics atomic.Pointer[map[string]bool]

	mu     sync.Mutex
	queue  [][][]byte
	queued int             // bytes that are not written yet
	empty  []chan struct{} // closed when queued becomes 0

	wake chan struct{} // receives when something was queued
	gone context.Context
	end  context.CancelFunc
}

// unnamed counts the clients without an identity. They get one that starts with a
// zero byte, as in libzmq.
var unnamed atomic.Uint64

// newPeer returns the client at the other end of a connection, which ends with ctx.
func newPeer(ctx context.Context, c net.Conn, z *zmtp.Conn, log *slog.Logger) *peer {
	p := &peer{log: log, conn: c, zmq: z, id: z.PeerIdentity(), wake: make(chan struct{}, 1)}
	if p.id == "" {
		p.id = fmt.Sprintf("\x00%08x", unnamed.Add(1))
	}
	p.topics.Store(&map[string]bool{})
	p.gone, p.end = context.WithCancel(ctx)
	return p
}

// leave disconnects the client.
func (p *peer) leave() {
	p.end()
	p.zmq.Close()
}

// send queues a message. It never blocks: publishing to many clients must not
// wait for the slowest.
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
		p.log.Warn("disconnected a client that reads too slowly", "waiting", maxQueued)
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

// writeAll writes queued messages until the client leaves.
func (p *peer) writeAll() {
	for {
		select {
		case <-p.gone.Done():
			return
		case <-p.wake:
		}
		for _, frames := range p.take() {
			if err := p.write(frames); err != nil {
				p.log.Info("dropped a client", "err", err)
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
// has ended it no longer waits for the client to read, only for our own writing,
// which may be late on a busy machine.
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

// hasRoom reports whether the client's connection accepts more data at this moment.
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

// readAll calls receive with each message of the client until it leaves.
func (p *peer) readAll(receive func([][]byte)) error {
	for {
		frames, err := p.zmq.Recv()
		if err != nil {
			return err
		}
		if len(frames) > 0 {
			receive(frames)
		}
	}
}

// subscribe handles a subscription message: a byte, which is 1 to subscribe and 0
// to unsubscribe, and the topic. It returns the topic if the client is subscribed
// to it now.
func (p *peer) subscribe(frame string) (topic string, subscribed bool) {
	if frame == "" || frame[0] > 1 {
		return "", false
	}
	topic, subscribed = frame[1:], frame[0] == 1
	topics := maps.Clone(*p.topics.Load())
	if subscribed {
		topics[topic] = true
	} else {
		delete(topics, topic)
	}
	p.topics.Store(&topics)
	return topic, subscribed
}

// subscribed reports whether the client wants messages with this topic.
func (p *peer) subscribed(topic string) bool {
	for prefix := range *p.topics.Load() {
		if strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}
