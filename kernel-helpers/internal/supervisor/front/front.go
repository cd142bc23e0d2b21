// Package front is the side of a kernel that Jupyter's clients see: the five
// sockets of a connection file, and signed messages on them.
//
// A client that is silent, sends garbage or doesn't read harms only itself.
package front

import (
	"context"
	"errors"
	"log/slog"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// Channels are the channels on which a front listens.
var Channels = []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin, jupyter.IOPub, jupyter.Heartbeat}

// Request is a message from a client.
type Request struct {
	jupyter.Message
	Channel jupyter.Channel
	client  string
}

// SameClient reports whether r and other came from the same client.
func (r Request) SameClient(other Request) bool { return r.client == other.client }

// Front is the five sockets of a kernel. Its methods may be called by several
// goroutines. Methods that send don't wait for a client to read. They log errors,
// which have no cause but content that isn't JSON.
type Front struct {
	// Orphaned reports whether messages are no longer answered. It is called for
	// each message and may be nil. It is set before [Front.Serve].
	Orphaned func() bool

	log     *slog.Logger
	key     jupyter.Key
	session string
	sockets map[jupyter.Channel]*socket
	seen    replays
}

// Open listens on all five sockets. It tries for 3 seconds, or until ctx ends, to
// get an address that another program has. It answers nobody before [Front.Serve].
func Open(ctx context.Context, c jupyter.Connection, log *slog.Logger) (*Front, error) {
	f := &Front{log: log, key: jupyter.Key(c.Key), session: jupyter.NewID(), sockets: map[jupyter.Channel]*socket{}}
	kinds := map[jupyter.Channel]zmtp.SocketType{
		jupyter.Shell: zmtp.Router, jupyter.Control: zmtp.Router, jupyter.Stdin: zmtp.Router,
		jupyter.IOPub: zmtp.Pub, jupyter.Heartbeat: zmtp.Rep,
	}
	for _, ch := range Channels {
		s, err := openSocket(ctx, c, ch, kinds[ch], log)
		if err != nil {
			f.Close()
			return nil, err
		}
		f.sockets[ch] = s
	}
	return f, nil
}

// Serve begins to serve clients and returns at once. It calls handle for each
// request that is well formed, signed and new, in the goroutine of its client.
func (f *Front) Serve(handle func(Request)) {
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
		s := f.sockets[ch]
		s.receive = func(p *peer, frames [][]byte) {
			m, err := f.decode(frames)
			if err != nil {
				s.log.Warn("dropped a message", "err", err)
				return
			}
			if !f.orphaned() {
				handle(Request{m, ch, p.id})
			}
		}
	}
	f.sockets[jupyter.Heartbeat].receive = func(p *peer, frames [][]byte) {
		if !f.orphaned() {
			p.send(frames)
		}
	}
	f.sockets[jupyter.IOPub].joined = f.welcome
	for _, s := range f.sockets {
		s.serve()
	}
}

func (f *Front) orphaned() bool { return f.Orphaned != nil && f.Orphaned() }

// Close disconnects all clients, and returns when all goroutines have ended.
func (f *Front) Close() {
	for _, s := range f.sockets {
		s.close()
	}
}

// Drain waits until all messages are written. When ctx has ended it no longer
// waits for clients that don't read.
func (f *Front) Drain(ctx context.Context) {
	for _, ch := range []jupyter.Channel{jupyter.IOPub, jupyter.Shell, jupyter.Control} {
		f.sockets[ch].drain(ctx)
	}
}

var errReplayed = errors.New("front: the message was sent before")

func (f *Front) decode(frames [][]byte) (jupyter.Message, error) {
	m, err := f.key.Decode(frames)
	// Replays are recognized by the signature, which covers the date, and not by the
	// id: some versions of jupyter_client give two messages the same id.
	if err == nil && len(f.key) > 0 && !f.seen.first(string(frames[len(m.Identities)+1])) {
		err = errReplayed
	}
	return m, err
}

// Reply answers a request on the channel that it came on.
func (f *Front) Reply(r Request, msgType string, content any) {
	f.send(r.Channel, r, msgType, content)
}

// Ask sends a message about a request to its client, on stdin.
func (f *Front) Ask(r Request, msgType string, content any) {
	f.send(jupyter.Stdin, r, msgType, content)
}

func (f *Front) send(ch jupyter.Channel, r Request, msgType string, content any) {
	m, ok := f.message(r.Message, msgType, content)
	if !ok {
		return
	}
	frames, err := f.key.Encode(m)
	if err != nil {
		f.log.Error("encode", "err", err)
		return
	}
	f.sockets[ch].sendTo(r.client, frames)
}

// Publish sends a message about the request parent to all clients, on iopub.
func (f *Front) Publish(parent jupyter.Message, msgType string, content any) {
	if m, ok := f.message(parent, msgType, content); ok {
		f.emit(m)
	}
}

// Forward publishes a message of GoNB about the request parent. Content, metadata
// and buffers stay byte for byte the same; the header is ours.
func (f *Front) Forward(parent, said jupyter.Message) {
	m, ok := f.message(parent, said.Header.MsgType, struct{}{})
	if !ok {
		return
	}
	m.Content, m.Metadata, m.Buffers = said.Content, said.Metadata, said.Buffers
	f.emit(m)
}

// Relay publishes a message of GoNB that belongs to no cell. Its parent is a
// client's message already.
func (f *Front) Relay(said jupyter.Message) {
	if m, ok := f.message(jupyter.Message{}, said.Header.MsgType, struct{}{}); ok {
		m.Parent, m.Content, m.Metadata, m.Buffers = said.Parent, said.Content, said.Metadata, said.Buffers
		f.emit(m)
	}
}

// Status publishes the state of the kernel, "busy" or "idle", because of a request.
func (f *Front) Status(parent jupyter.Message, state string) {
	f.Publish(parent, "status", map[string]string{"execution_state": state})
}

func (f *Front) emit(m jupyter.Message) {
	m.Identities = [][]byte{[]byte("kernel." + f.session + "." + m.Header.MsgType)}
	frames, err := f.key.Encode(m)
	if err != nil {
		f.log.Error("encode", "err", err)
		return
	}
	f.sockets[jupyter.IOPub].publish(frames)
}

// welcome tells one client that its subscription is in force, so that it knows
// when it can no longer miss anything (protocol 5.4, iopub_welcome).
func (f *Front) welcome(p *peer, topic string) {
	m, ok := f.message(jupyter.Message{}, "iopub_welcome", map[string]string{"subscription": topic})
	if !ok {
		return
	}
	m.Identities = [][]byte{[]byte(topic)}
	if frames, err := f.key.Encode(m); err == nil {
		p.send(frames)
	}
}

func (f *Front) message(parent jupyter.Message, msgType string, content any) (jupyter.Message, bool) {
	m, err := jupyter.NewMessage(f.session, msgType, content)
	if err != nil {
		f.log.Error("encode", "err", err)
		return m, false
	}
	return m.WithParent(parent), true
}
