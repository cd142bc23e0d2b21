//go:build unix

package gonbpatches

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/speedup/kernel-helpers/jupyter"
)

var delimiter = []byte("<IDS|MSG>")

// wire talks to a kernel without the help of a client, which would not send what
// is wrong, nor tell the channels of replies apart.
type wire struct {
	ctx     context.Context
	key     jupyter.Key
	sockets map[jupyter.Channel]*jupyter.Socket
}

// wired starts another kernel of the same program and talks to it.
func (s *session) wired(talk func(*wire) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	dir, err := os.MkdirTemp("", "w") // a socket's path is short
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	conn := jupyter.Connection{
		Transport: "ipc", IP: filepath.Join(dir, "s"), Key: jupyter.NewID(), SignatureScheme: "hmac-sha256",
		ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HBPort: 5,
	}
	file := filepath.Join(dir, "kernel.json")
	if err := conn.Write(file); err != nil {
		return err
	}
	argv := s.Spec().Argv
	kernel := exec.CommandContext(ctx, argv[0], "--kernel", file, argv[3], argv[4])
	kernel.Dir, kernel.Env = s.dir, append(os.Environ(), "PATH="+s.Spec().Env["PATH"], "GOFLAGS=-ldflags=-w", "GOPROXY=off", "TMPDIR="+dir)
	if err := kernel.Start(); err != nil {
		return err
	}
	defer func() {
		kernel.Process.Kill()
		kernel.Wait()
	}()

	w := &wire{ctx: ctx, key: jupyter.Key(conn.Key), sockets: make(map[jupyter.Channel]*jupyter.Socket)}
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		network, address := conn.Endpoint(ch)
		socket, err := jupyter.Dial(ctx, network, address, zmq4.Dealer, "")
		for err != nil && ctx.Err() == nil { // it isn't listening yet
			time.Sleep(5 * time.Millisecond)
			socket, err = jupyter.Dial(ctx, network, address, zmq4.Dealer, "")
		}
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

// signed returns frames with a right signature, whatever they hold.
func (w *wire) signed(parts ...[]byte) [][]byte {
	mac := hmac.New(sha256.New, w.key)
	for _, p := range parts {
		mac.Write(p)
	}
	return append([][]byte{delimiter, hex.AppendEncode(nil, mac.Sum(nil))}, parts...)
}
