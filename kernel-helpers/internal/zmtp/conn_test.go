package zmtp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// connected returns two connected sockets.
func connected(t *testing.T, a, b SocketType) (client, server *Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(nothingLeft(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan error)
	go func() {
		c, err := l.Accept()
		if err == nil {
			server, err = Handshake(t.Context(), c, b, "", true)
		}
		accepted <- err
	}()
	client, err = Dial(t.Context(), "unix", l.Addr().String(), a, "me")
	if err = errors.Join(err, <-accepted); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func TestConnsCarryFramesBothWays(t *testing.T) {
	client, server := connected(t, Dealer, Router)
	if got := server.PeerIdentity(); got != "me" {
		t.Errorf("identity: got %q, want me", got)
	}
	messages := [][][]byte{
		{[]byte("one")},
		{nil, []byte("after an empty frame"), nil},
		{bytes.Repeat([]byte("x"), 255), bytes.Repeat([]byte("y"), 256), bytes.Repeat([]byte("z"), 1<<20)},
		{nil},
	}
	for from, to := range map[*Conn]*Conn{client: server, server: client} {
		sent := make(chan error, 1)
		go func() {
			for _, m := range messages {
				if err := from.Send(t.Context(), m...); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		for i, m := range messages {
			if got, err := to.Recv(); err != nil || !sameFrames(got, m) {
				t.Fatalf("message %d: got %d frames, %v; want the frames sent", i, len(got), err)
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}
}

func TestMessagesOfSeveralSendersStayWhole(t *testing.T) {
	client, server := connected(t, Dealer, Router)
	const senders, each = 8, 200
	for s := range senders {
		go func() {
			part := bytes.Repeat([]byte{byte(s)}, 100*s)
			for range each {
				client.Send(t.Context(), part, part, part)
			}
		}()
	}
	for range senders * each {
		m, err := server.Recv()
		if err != nil || len(m) != 3 || !bytes.Equal(m[0], m[1]) || !bytes.Equal(m[1], m[2]) {
			t.Fatalf("got %d frames, %v; want three equal frames", len(m), err)
		}
	}
}

func TestRecvReturnsEOFAfterTheLastMessage(t *testing.T) {
	client, server := connected(t, Dealer, Router)
	for range 3 {
		if err := client.Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	for range 3 {
		if _, err := server.Recv(); err != nil {
			t.Error(err)
		}
	}
	if _, err := server.Recv(); err != io.EOF {
		t.Errorf("got error %v, want io.EOF", err)
	}
}

func TestSendFailsIfThePeerIsGone(t *testing.T) {
	client, server := connected(t, Dealer, Router)
	server.Close()
	if err := client.Send(t.Context(), []byte("anyone?")); err == nil {
		t.Error("Send to a closed connection: got no error, want one")
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	client, server := connected(t, Dealer, Router)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		server.link.r.Peek(1) // the peer has received the beginning of the message
		cancel(cause)
	}()
	if err := client.Send(ctx, make([]byte, 64<<20)); !errors.Is(err, cause) {
		t.Errorf("got error %v, want %v", err, cause)
	}
	if err := client.Send(t.Context(), []byte("more")); err == nil {
		t.Error("Send after an incomplete message: got no error, want one")
	}
}

func TestCloseEndsRecv(t *testing.T) {
	client, _ := connected(t, Dealer, Router)
	ended := make(chan error)
	go func() {
		_, err := client.Recv()
		ended <- err
	}()
	client.Close()
	if err := <-ended; err == nil {
		t.Error("Recv after Close: got no error, want one")
	}
}

func TestConnsWorkWithSocketsOfZMQ4(t *testing.T) {
	path := filepath.Join(nothingLeft(t), "s")
	router := zmq4.NewRouter(t.Context())
	if err := router.Listen("ipc://" + path); err != nil {
		t.Fatal(err)
	}
	s, err := Dial(t.Context(), "unix", path, Dealer, "me")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), nil, []byte("question")); err != nil {
		t.Fatal(err)
	}
	m, err := router.Recv()
	if err != nil || !sameFrames(m.Frames, [][]byte{[]byte("me"), nil, []byte("question")}) {
		t.Fatalf("the ROUTER got %v, %v; want the identity and the question", m, err)
	}
	if err := router.SendMulti(zmq4.NewMsgFrom([]byte("me"), []byte("answer"))); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Recv(); err != nil || !sameFrames(got, [][]byte{[]byte("answer")}) {
		t.Errorf("got %q, %v; want the answer", got, err)
	}
	s.Close()
	// The goroutines of zmq4 are not checked, because its Close does not end
	// them. The context of the test does.
	router.Close()
}

// greeting returns the beginning of a ZMTP 3.0 connection.
func greeting() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

// readyCommand returns the command with which a socket introduces itself.
func readyCommand(metadata string) []byte {
	body := "\x05READY" + metadata
	return append([]byte{4, byte(len(body))}, body...)
}

const dealerMetadata = "\x0bSocket-Type\x00\x00\x00\x06DEALER"

func TestABadHandshakeIsRefused(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"nothing":                     {},
		"another protocol":            []byte("GET / HTTP/1.1\r\nHost: kernel\r\n\r\n" + strings.Repeat(" ", 64)),
		"half a greeting":             greeting()[:20],
		"nothing after the greeting":  greeting(),
		"another mechanism":           slices.Concat(greeting()[:12], []byte("CURVE"), greeting()[17:]),
		"no command":                  append(greeting(), 0, 1, 'x'),
		"another command":             append(greeting(), "\x04\x06\x05ERROR"...),
		"an enormous command":         append(greeting(), 6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"a negative size":             append(greeting(), 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"reserved flags":              append(greeting(), 0xf8, 1, 1),
		"metadata cut short":          append(greeting(), readyCommand("\x0bSocket-Type\x00")...),
		"an unknown socket type":      append(greeting(), readyCommand("\x0bSocket-Type\x00\x00\x00\x05LLAMA")...),
		"an incompatible socket type": append(greeting(), readyCommand("\x0bSocket-Type\x00\x00\x00\x03SUB")...),
	} {
		t.Run(name, func(t *testing.T) {
			nothingLeft(t)
			ours := peer(t, bytes)
			if s, err := Handshake(t.Context(), ours, Router, "", true); err == nil {
				s.Close()
				t.Error("got no error, want one")
			}
			if _, err := ours.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Write to the connection: got error %v, want net.ErrClosed", err)
			}
		})
	}
}

func TestTheHandshakeEndsWithItsContext(t *testing.T) {
	nothingLeft(t)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	cause := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, cause)
	defer cancel()
	if _, err := Handshake(ctx, ours, Dealer, "", false); !errors.Is(err, cause) {
		t.Errorf("got error %v, want %v", err, cause)
	}
}

// peer returns a connection whose other end writes the bytes, closes its side
// for writing, and discards its input.
func peer(t testing.TB, bytes []byte) net.Conn {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "pair")
		ends[i], err = net.FileConn(f) // FileConn duplicates the descriptor
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs := ends[0], ends[1].(*net.UnixConn)
	go func() {
		theirs.Write(bytes)
		theirs.CloseWrite()
		io.Copy(io.Discard, theirs)
		theirs.Close()
	}()
	return ours
}

// raw returns a socket whose peer writes the bytes after the handshake and then
// closes.
func raw(t testing.TB, bytes []byte) *Conn {
	s, err := Handshake(t.Context(), peer(t, slices.Concat(greeting(), readyCommand(dealerMetadata), bytes)), Router, "", true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestRecvRejectsLargeAndInvalidFrames(t *testing.T) {
	t.Run("a frame of 4 GiB", func(t *testing.T) {
		if _, err := raw(t, []byte{2, 0, 0, 0, 1, 0, 0, 0, 0}).Recv(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got error %v, want ErrTooLarge", err)
		}
	})
	t.Run("a frame of a negative size", func(t *testing.T) {
		if _, err := raw(t, []byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}).Recv(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got error %v, want ErrTooLarge", err)
		}
	})
	t.Run("reserved flags", func(t *testing.T) {
		if _, err := raw(t, []byte{0x80, 1, 'x'}).Recv(); !errors.Is(err, errReservedFlags) {
			t.Errorf("got error %v, want errReservedFlags", err)
		}
	})
	t.Run("an end within a message", func(t *testing.T) {
		for _, bytes := range [][]byte{{0}, {2, 0}, {0, 2, 'x'}, {1, 1, 'x'}} {
			if _, err := raw(t, bytes).Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v: got error %v, want io.ErrUnexpectedEOF", bytes, err)
			}
		}
	})
	t.Run("more frames than a message may have", func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := newLink(ours)
		l.open, l.left, l.limit, l.message = true, 0, MaxMessage, MaxMessage-FrameCost
		go func() { theirs.Write([]byte{1, 0, 1, 0}); theirs.Close() }()
		if _, err := l.receive(); !errors.Is(err, ErrTooLarge) || l.message != MaxMessage {
			t.Errorf("got error %v and size %d, want ErrTooLarge and %d", err, l.message, MaxMessage)
		}
	})
	t.Run("more than the socket's limit", func(t *testing.T) {
		s := raw(t, []byte{0, 36, 'x'})
		s.SetLimit(100)
		if _, err := s.Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("100 bytes including the frame's cost: got error %v, want io.ErrUnexpectedEOF", err)
		}
		s = raw(t, []byte{0, 37})
		s.SetLimit(100)
		if _, err := s.Recv(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("101 bytes including the frame's cost: got error %v, want ErrTooLarge", err)
		}
	})
	t.Run("memory for what is announced and never comes", func(t *testing.T) {
		s := raw(t, []byte{2, 0, 0, 0, 0, 0x30, 0, 0, 0, 'x'}) // 805 MB
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := s.Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got error %v, want io.ErrUnexpectedEOF", err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("got %d bytes allocated for one received, want at most 16 MiB", n)
		}
	})
}

func TestCommandsBetweenMessagesAreSkipped(t *testing.T) {
	s := raw(t, []byte("\x00\x01a\x04\x05\x04PING\x00\x01b\x06\x00\x00\x00\x00\x00\x00\x00\x01x\x00\x01c"))
	for _, want := range []string{"a", "b", "c"} {
		if m, err := s.Recv(); err != nil || !sameFrames(m, [][]byte{[]byte(want)}) {
			t.Errorf("got %q, %v; want %s", m, err, want)
		}
	}
	if _, err := s.Recv(); err != io.EOF {
		t.Errorf("got error %v, want io.EOF", err)
	}
}

// FuzzRecv checks that Handshake and Recv return without a panic, whatever a
// peer writes before and after the handshake.
func FuzzRecv(f *testing.F) {
	f.Add(slices.Concat(greeting(), readyCommand(dealerMetadata), []byte{1, 1, 'a', 0, 0}))
	f.Add(slices.Concat(greeting(), readyCommand("\x0bSocket-Type\x00")))
	f.Add(slices.Concat(greeting(), readyCommand(dealerMetadata), []byte{2, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c', 4, 0}))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		s, err := Handshake(t.Context(), peer(t, bytes), Router, "", true)
		if err != nil {
			return
		}
		defer s.Close()
		for err == nil {
			_, err = s.Recv()
		}
	})
}
