package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// maxRequest is the largest message that is accepted from a client, in bytes. No
// user writes a cell of this size or picks such a file in a widget. A client that
// sends more is disconnected, and may connect again.
const maxRequest = 64 << 20

// handshakeWithin is how long a client may take for the ZMTP handshake.
const handshakeWithin = 5 * time.Second

// socket is one of the five sockets that Jupyter's clients connect to. It uses
// [zmtp.Conn] instead of zmq4's sockets, because those shake hands with one
// client at a time and without a deadline, and drop messages for slow readers.
type socket struct {
	kind   zmtp.SocketType
	log    *slog.Logger
	listen net.Listener

	// receive is called with every message, in the goroutine of its client. joined
	// is called when a client subscribes to a topic. Only one of them is needed.
	receive func(*peer, [][]byte)
	joined  func(p *peer, topic string)

	ctx   context.Context // ends with the socket
	end   context.CancelFunc
	wg    sync.WaitGroup
	mu    sync.Mutex
	peers map[*peer]struct{}
	byID  map[string]*peer
}

// openSocket listens for a channel of the connection file.
func openSocket(ctx context.Context, c jupyter.Connection, ch jupyter.Channel, kind zmtp.SocketType, log *slog.Logger) (*socket, error) {
	network, address := c.Endpoint(ch)
	l, err := listen(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("front: listen for %s: %w", ch, err)
	}
	s := &socket{kind: kind, log: log.With("channel", ch), listen: l, peers: map[*peer]struct{}{}, byID: map[string]*peer{}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s, nil
}

// serve accepts clients until close. Each has a goroutine of its own from the
// first byte, so a silent one keeps nobody waiting.
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
			// Most likely there are no file descriptors left until a client leaves.
			s.log.Warn("accept", "err", err)
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
}

// attend shakes hands with one client and serves it until it leaves.
func (s *socket) attend(c net.Conn) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, handshakeWithin, errors.New("no ZMTP handshake in "+handshakeWithin.String()))
	z, err := zmtp.Handshake(ctx, c, s.kind, "", true)
	cancel()
	if err != nil {
		s.log.Info("dropped a connection", "err", err)
		return
	}
	z.SetLimit(maxRequest)
	p := newPeer(s.ctx, c, z, s.log)
	if !s.add(p) {
		z.Close()
		return
	}
	defer s.remove(p)
	var writing sync.WaitGroup
	writing.Go(p.writeAll)
	err = p.readAll(func(frames [][]byte) { s.dispatch(p, frames) })
	p.leave()
	writing.Wait()
	if errors.Is(err, zmtp.ErrTooLarge) {
		s.log.Warn("disconnected a client", "err", err)
		return
	}
	s.log.Debug("a client left", "err", err)
}

// dispatch hands over one message of a client.
func (s *socket) dispatch(p *peer, frames [][]byte) {
	if s.kind != zmtp.Pub {
		s.receive(p, frames)
		return
	}
	if topic, ok := p.subscribe(string(frames[0])); ok && s.joined != nil {
		s.joined(p, topic)
	}
}

// add makes the client reachable. A client that reconnects keeps its identity, so
// the older connection with that identity is dead.
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

// sendTo queues frames for the client with the given identity. If it has left,
// they are dropped, as by any ROUTER socket.
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

// drain waits until all messages for the clients are written. When ctx has ended it
// no longer waits for clients that don't read.
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
// all clients and waits for all goroutines.
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
