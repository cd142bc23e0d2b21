package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// handshakeWithin is how long a client may take to say that it speaks ZMTP.
const handshakeWithin = 5 * time.Second

// socket is one of the five sockets that Jupyter's clients connect to. It
// stands on [jupyter.Socket] and not on zmq4's sockets: those shake hands with
// one client at a time and without a deadline, and drop messages that a slow
// reader hasn't fetched.
type socket struct {
	kind   zmq4.SocketType
	log    *slog.Logger
	listen net.Listener

	// receive is called with every message, in the goroutine of its client;
	// joined when a client subscribes to a topic. Either may be nil.
	receive func(*peer, [][]byte)
	joined  func(p *peer, topic string)

	ctx   context.Context // ends with the socket
	end   context.CancelFunc
	wg    sync.WaitGroup
	mu    sync.Mutex
	peers map[*peer]struct{}
	byID  map[string]*peer
}

// openSocket listens where the connection file says.
func openSocket(c jupyter.Connection, ch jupyter.Channel, kind zmq4.SocketType, log *slog.Logger) (*socket, error) {
	l, err := listen(c.Endpoint(ch))
	if err != nil {
		return nil, fmt.Errorf("supervisor: listen for %s: %w", ch, err)
	}
	s := &socket{kind: kind, log: log.With("channel", ch), listen: l, peers: map[*peer]struct{}{}, byID: map[string]*peer{}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s, nil
}

// listen listens. An ipc socket is its owner's alone, and takes the place of one
// at which nobody listens any more: a kernel that was killed leaves those.
func listen(network, address string) (net.Listener, error) {
	if network != "unix" {
		return net.Listen(network, address)
	}
	// The mode is right from the start. Nothing else makes files this early.
	defer syscall.Umask(syscall.Umask(0o177))
	l, err := net.Listen(network, address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	if c, dialErr := net.Dial(network, address); dialErr == nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := os.Remove(address); err != nil {
		return nil, err
	}
	return net.Listen(network, address)
}

// serve accepts clients until close. Each has a goroutine of its own from the
// first byte, so one that says nothing keeps nobody waiting.
func (s *socket) serve() {
	s.wg.Go(func() {
		for {
			c, err := s.listen.Accept()
			if err == nil {
				s.wg.Go(func() { s.attend(c) })
				continue
			}
			if s.ctx.Err() != nil {
				return
			}
			// Out of descriptors, most likely; clients will leave.
			s.log.Warn("accept", "err", err)
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
}

// attend shakes hands with one client and serves it until it goes.
func (s *socket) attend(c net.Conn) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, handshakeWithin, errors.New("it said nothing that ZMTP knows for "+handshakeWithin.String()))
	z, err := jupyter.Handshake(ctx, c, s.kind, "", true)
	cancel()
	if err != nil {
		s.log.Info("dropped a connection", "err", err)
		return
	}
	z.SetLimit(maxRequest)
	p := newPeer(s, c, z)
	if !s.add(p) {
		z.Close()
		return
	}
	defer s.remove(p)
	var writing sync.WaitGroup
	writing.Go(p.writeAll)
	err = p.readAll()
	p.leave()
	writing.Wait()
	if errors.Is(err, jupyter.ErrTooLarge) {
		s.log.Warn("disconnected a client", "err", err)
		return
	}
	s.log.Debug("a client left", "err", err)
}

// add makes the client reachable. One that reconnects keeps its identity: the
// connection that it had before is dead.
func (s *socket) add(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	if old := s.byID[p.id]; old != nil {
		old.leave()
	}
	s.peers[p], s.byID[p.id] = struct{}{}, p
	return true
}

func (s *socket) remove(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
	if s.byID[p.id] == p {
		delete(s.byID, p.id)
	}
}

// sendTo queues frames for the client with the given identity. One that is
// gone gets nothing, as with any ROUTER socket.
func (s *socket) sendTo(id string, frames [][]byte) {
	s.mu.Lock()
	p := s.byID[id]
	s.mu.Unlock()
	if p != nil {
		p.send(frames)
	}
}

// publish queues frames for every client that subscribed to their topic, which
// is the first frame.
func (s *socket) publish(frames [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.peers {
		if p.subscribed(string(frames[0])) {
			p.send(frames)
		}
	}
}

// drain waits until what is queued for the clients is written, or ctx ends and
// they don't read.
func (s *socket) drain(ctx context.Context) {
	s.mu.Lock()
	peers := make([]*peer, 0, len(s.peers))
	for p := range s.peers {
		peers = append(peers, p)
	}
	s.mu.Unlock()
	for _, p := range peers {
		p.drain(ctx)
	}
}

// close stops listening, which removes an ipc socket's file, disconnects
// everybody and waits for all goroutines.
func (s *socket) close() {
	s.end()
	s.listen.Close()
	s.mu.Lock()
	for p := range s.peers {
		p.leave()
	}
	s.mu.Unlock()
	s.wg.Wait()
}
