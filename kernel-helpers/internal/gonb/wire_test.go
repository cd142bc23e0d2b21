//go:build unix

package gonb

import (
	"context"
	"fmt"
	"path/filepath"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// wire is a client that sends requests without waiting for their replies, and
// receives replies in their order.
type wire struct {
	ctx     context.Context
	key     jupyter.Key
	sockets map[jupyter.Channel]*zmtp.Conn
}

// wired connects a second client to the kernel.
func (s *session) wired(talk func(*wire) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.TempDir()), "kernel-*.json"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("the connection file is one of %q, %w", files, err)
	}
	conn, err := jupyter.ReadConnection(files[0])
	if err != nil {
		return err
	}
	w := &wire{ctx: ctx, key: jupyter.Key(conn.Key), sockets: make(map[jupyter.Channel]*zmtp.Conn)}
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		network, address := conn.Endpoint(ch)
		socket, err := zmtp.Dial(ctx, network, address, zmtp.Dealer, "")
		if err != nil {
			return err
		}
		defer socket.Close()
		defer context.AfterFunc(ctx, func() { socket.Close() })()
		w.sockets[ch] = socket
	}
	return talk(w)
}

func (w *wire) send(ch jupyter.Channel, msgType string, content any) error {
	m, err := jupyter.NewMessage("session", msgType, content)
	if err != nil {
		return err
	}
	frames, err := w.key.Encode(m)
	if err != nil {
		return err
	}
	return w.sockets[ch].Send(w.ctx, frames...)
}

func (w *wire) receive(ch jupyter.Channel) (jupyter.Message, error) {
	frames, err := w.sockets[ch].Recv()
	if err != nil {
		return jupyter.Message{}, fmt.Errorf("waiting on %s: %w", ch, err)
	}
	return w.key.Decode(frames)
}

func (w *wire) ask(ch jupyter.Channel, msgType string, content any) (jupyter.Message, error) {
	if err := w.send(ch, msgType, content); err != nil {
		return jupyter.Message{}, err
	}
	return w.receive(ch)
}
