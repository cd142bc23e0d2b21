package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/go-zeromq/zmq4"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// maxRequest is the largest message that is taken from a client, in bytes. A cell
// of this size is not something a person wrote, nor a file that a person picked
// in a widget. A client that sends more is disconnected, and may connect again.
const maxRequest = 64 << 20

var channels = []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin, jupyter.IOPub, jupyter.Heartbeat}

// front is the side that Jupyter's clients see: the five sockets of the
// connection file, and signed messages on them.
type front struct {
	log     *slog.Logger
	key     jupyter.Key
	session string

	shell, control, stdin, iopub, hb *socket
	seen                             replays
}

// request is a message from a client.
type request struct {
	jupyter.Message
	channel *socket // where the reply goes
	client  string  // whose it is
}

// openFront listens on all five sockets.
func openFront(c jupyter.Connection, log *slog.Logger) (*front, error) {
	f := &front{log: log, key: jupyter.Key(c.Key), session: jupyter.NewID()}
	for _, s := range []struct {
		ch   jupyter.Channel
		kind zmq4.SocketType
		at   **socket
	}{
		{jupyter.Shell, zmq4.Router, &f.shell},
		{jupyter.Control, zmq4.Router, &f.control},
		{jupyter.Stdin, zmq4.Router, &f.stdin},
		{jupyter.IOPub, zmq4.Pub, &f.iopub},
		{jupyter.Heartbeat, zmq4.Rep, &f.hb},
	} {
		var err error
		if *s.at, err = openSocket(c, s.ch, s.kind, log); err != nil {
			f.close()
			return nil, err
		}
	}
	f.hb.receive = func(p *peer, frames [][]byte) { p.send(frames) }
	f.iopub.joined = f.welcome
	return f, nil
}

// serve begins to take messages; handle gets each request that is well formed,
// signed and new, in the goroutine of its client.
func (f *front) serve(handle func(request)) {
	for _, s := range []*socket{f.shell, f.control, f.stdin} {
		s.receive = func(p *peer, frames [][]byte) {
			m, err := f.decode(frames)
			if err != nil {
				s.log.Warn("dropped a message", "err", err)
				return
			}
			handle(request{m, s, p.id})
		}
	}
	for _, s := range []*socket{f.shell, f.control, f.stdin, f.iopub, f.hb} {
		s.serve()
	}
}

func (f *front) close() {
	for _, s := range []*socket{f.shell, f.control, f.stdin, f.iopub, f.hb} {
		if s != nil {
			s.close()
		}
	}
}

// drain waits until everything said so far is on its way, or ctx ends and who
// hasn't got it doesn't read.
func (f *front) drain(ctx context.Context) {
	for _, s := range []*socket{f.iopub, f.shell, f.control} {
		s.drain(ctx)
	}
}

var errReplayed = errors.New("supervisor: the message came before")

func (f *front) decode(frames [][]byte) (jupyter.Message, error) {
	m, err := f.key.Decode(frames)
	// By the signature, which covers the date: some of jupyter_client's
	// sessions give two messages the same id.
	if err == nil && len(f.key) > 0 && !f.seen.first(string(frames[len(m.Identities)+1])) {
		err = errReplayed
	}
	return m, err
}

// reply answers a request on the channel that it came on.
func (f *front) reply(r request, msgType string, content any) {
	m, ok := f.message(r.Message, msgType, content)
	if !ok {
		return
	}
	f.send(r.channel, r.client, m)
}

// ask sends a message about a request to its client, on stdin.
func (f *front) ask(r request, msgType string, content any) {
	if m, ok := f.message(r.Message, msgType, content); ok {
		f.send(f.stdin, r.client, m)
	}
}

func (f *front) send(s *socket, client string, m jupyter.Message) {
	frames, err := f.key.Encode(m)
	if err != nil {
		f.log.Error("encode", "err", err)
		return
	}
	s.sendTo(client, frames)
}

// publish tells everybody who listens about a request.
func (f *front) publish(parent jupyter.Message, msgType string, content any) {
	if m, ok := f.message(parent, msgType, content); ok {
		f.emit(m)
	}
}

// forward publishes what GoNB said: its content, metadata and buffers byte for
// byte, under our header and the client's parent.
func (f *front) forward(parent, said jupyter.Message) {
	m, ok := f.message(parent, said.Header.MsgType, struct{}{})
	if !ok {
		return
	}
	m.Content, m.Metadata, m.Buffers = said.Content, said.Metadata, said.Buffers
	f.emit(m)
}

// relay publishes what GoNB said outside of any cell: its parent is the client's
// own message already.
func (f *front) relay(said jupyter.Message) {
	if m, ok := f.message(jupyter.Message{}, said.Header.MsgType, struct{}{}); ok {
		m.Parent, m.Content, m.Metadata, m.Buffers = said.Parent, said.Content, said.Metadata, said.Buffers
		f.emit(m)
	}
}

func (f *front) emit(m jupyter.Message) {
	m.Identities = [][]byte{[]byte("kernel." + f.session + "." + m.Header.MsgType)}
	frames, err := f.key.Encode(m)
	if err != nil {
		f.log.Error("encode", "err", err)
		return
	}
	f.iopub.publish(frames)
}

// status says on iopub what the kernel does for a request.
func (f *front) status(parent jupyter.Message, state string) {
	f.publish(parent, "status", map[string]string{"execution_state": state})
}

// welcome tells a client alone that its subscription holds from now on, so that
// it knows when nothing can get lost any more (protocol 5.4, iopub_welcome).
func (f *front) welcome(p *peer, topic string) {
	m, ok := f.message(jupyter.Message{}, "iopub_welcome", map[string]string{"subscription": topic})
	if !ok {
		return
	}
	m.Identities = [][]byte{[]byte(topic)}
	if frames, err := f.key.Encode(m); err == nil {
		p.send(frames)
	}
}

func (f *front) message(parent jupyter.Message, msgType string, content any) (jupyter.Message, bool) {
	m, err := jupyter.NewMessage(f.session, msgType, content)
	if err != nil {
		f.log.Error("encode", "err", err)
		return m, false
	}
	return m.WithParent(parent), true
}

// replays remembers the signatures of the latest messages. A message that someone recorded
// and sends again must not run again.
type replays struct {
	mu   sync.Mutex
	seen map[string]struct{}
	ring []string
	next int
}

// remembered is how many messages are remembered; jupyter_client keeps as many.
const remembered = 1 << 16

// first reports whether a signature is new, and remembers it.
func (r *replays) first(signature string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen, r.ring = map[string]struct{}{}, make([]string, remembered)
	}
	if _, ok := r.seen[signature]; ok {
		return false
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = signature
	r.next = (r.next + 1) % remembered
	r.seen[signature] = struct{}{}
	return true
}
