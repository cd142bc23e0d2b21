package front

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// served is a front that answers every request with an echo.
type served struct {
	*Front
	conn jupyter.Connection
	log  *fronttest.Log

	mu    sync.Mutex
	taken []string // types of requests that were accepted

	orphan atomic.Bool
	looked atomic.Int64 // how often the front looked whether it's orphaned
}

func serve(t testing.TB, transport string) *served {
	t.Helper()
	s := &served{log: &fronttest.Log{}, conn: fronttest.Connection(t, transport, fronttest.TempDir(t))}
	f, err := Open(t.Context(), s.conn, slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.Front = f
	f.Orphaned = func() bool {
		s.looked.Add(1)
		return s.orphan.Load()
	}
	f.Serve(func(r Request) {
		s.mu.Lock()
		s.taken = append(s.taken, r.Header.MsgType)
		s.mu.Unlock()
		f.Reply(r, strings.TrimSuffix(r.Header.MsgType, "request")+"reply", r.Content)
	})
	t.Cleanup(f.Close)
	return s
}

// publishFrames sends frames to all clients that are subscribed to the first one.
func (s *served) publishFrames(frames ...[]byte) { s.sockets[jupyter.IOPub].publish(frames) }

func (s *served) took(msgType string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, taken := range s.taken {
		if taken == msgType {
			n++
		}
	}
	return n
}

// logged waits for a line in the log.
func (s *served) logged(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(fronttest.Patience); !strings.Contains(s.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("got this log, want %q in it:\n%s", text, s.log.String())
			return
		}
	}
}

// well checks that a client is served on every channel.
func well(t *testing.T, c *fronttest.Client) {
	t.Helper()
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		if r := c.Ask(ch, "well_request", map[string]int{"n": 7}); r["n"] != 7.0 {
			t.Errorf("%s: got the reply %v, want n = 7", ch, r)
		}
	}
	beat := []byte(jupyter.NewID())
	if err := c.Sockets[jupyter.Heartbeat].Send(t.Context(), nil, beat); err != nil {
		t.Error(err)
	}
	c.Await(func(m fronttest.Received) bool {
		return m.Channel == jupyter.Heartbeat && len(m.Buffers) == 2 && bytes.Equal(m.Buffers[1], beat)
	})
}

// signed returns the frames of a message with the right signature for any parts:
// header, parent header, metadata, content.
func signed(t testing.TB, key string, parts ...string) [][]byte {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(key))
	f := [][]byte{[]byte("<IDS|MSG>"), nil}
	for _, part := range parts {
		io.WriteString(mac, part)
		f = append(f, []byte(part))
	}
	f[1] = hex.AppendEncode(nil, mac.Sum(nil))
	return f
}

func TestBadMessagesAreDroppedAndGoodOnesServed(t *testing.T) {
	s := serve(t, "ipc")
	c := fronttest.Connect(t, s.conn)
	good := func() [][]byte { return fronttest.Frames(t, s.conn.Key, "bad_request", struct{}{}) }
	for name, f := range map[string]func() [][]byte{
		"a wrong signature":     func() [][]byte { return fronttest.Frames(t, "another key", "bad_request", struct{}{}) },
		"no signature":          func() [][]byte { return fronttest.Frames(t, "", "bad_request", struct{}{}) },
		"no delimiter":          func() [][]byte { return good()[1:] },
		"a delimiter alone":     func() [][]byte { return good()[:1] },
		"too few frames":        func() [][]byte { return good()[:4] },
		"one frame too few":     func() [][]byte { return good()[:5] },
		"a signature of no hex": func() [][]byte { f := good(); f[1] = []byte("no hex"); return f },
		"a short signature":     func() [][]byte { f := good(); f[1] = []byte("abcd"); return f },
		"a header that breaks off": func() [][]byte {
			return signed(t, s.conn.Key, "{", "{}", "{}", "{}")
		},
		"a content that is null": func() [][]byte {
			return signed(t, s.conn.Key, `{"msg_id":"1","msg_type":"bad_request"}`, "{}", "{}", "null")
		},
		"a changed content":       func() [][]byte { f := good(); f[5] = []byte(`{"a":1}`); return f },
		"a changed header":        func() [][]byte { f := good(); f[2] = bytes.Replace(f[2], []byte("bad"), []byte("b4d"), 1); return f },
		"a content that is none":  func() [][]byte { return fronttest.Frames(t, s.conn.Key, "bad_request", []int{1}) },
		"an empty message":        func() [][]byte { return [][]byte{nil} },
		"a thousand empty frames": func() [][]byte { return make([][]byte, 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
				if err := c.Sockets[ch].Send(t.Context(), f()...); err != nil {
					t.Error(err)
				}
			}
			well(t, c) // on the same connections
		})
	}
	if n := s.took("bad_request"); n > 0 {
		t.Errorf("got %d bad requests, want none", n)
	}
	s.logged(t, "dropped a message")
	if strings.Contains(s.log.String(), s.conn.Key) {
		t.Error("got the key in the log")
	}
}

func TestAReplayedMessageIsDropped(t *testing.T) {
	s := serve(t, "ipc")
	a, b := fronttest.Connect(t, s.conn), fronttest.Connect(t, s.conn)
	f := fronttest.Frames(t, s.conn.Key, "once_request", struct{}{})
	for _, c := range []*fronttest.Client{a, a, b} {
		for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
			if err := c.Sockets[ch].Send(t.Context(), f...); err != nil {
				t.Fatal(err)
			}
		}
		well(t, c)
	}
	if n := s.took("once_request"); n != 1 {
		t.Errorf("got it %d times, want once", n)
	}
	s.logged(t, errReplayed.Error())
}

func TestTheOldestSignaturesAreForgottenFirst(t *testing.T) {
	var r replays
	for i := range remembered + 10 {
		if !r.first(fmt.Sprint(i)) {
			t.Fatalf("got %d as known, want it new", i)
		}
	}
	if r.first(fmt.Sprint(remembered)) || !r.first("3") {
		t.Error("got the latest forgotten or the oldest known, want it the other way round")
	}
	if len(r.seen) > remembered {
		t.Errorf("got %d signatures remembered, want at most %d", len(r.seen), remembered)
	}
}

func TestGarbageEndsItsOwnConnectionOnly(t *testing.T) {
	s := serve(t, "tcp")
	c := fronttest.Connect(t, s.conn)
	for name, garbage := range fronttest.Garbage() {
		t.Run(name, func(t *testing.T) {
			for _, ch := range Channels {
				conn := fronttest.DialRaw(t, s.conn, ch)
				conn.Write(garbage)
				conn.(*net.TCPConn).CloseWrite()
				conn.SetReadDeadline(time.Now().Add(fronttest.Patience))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s keeps the connection, want it closed", ch)
				}
				conn.Close()
			}
			well(t, c)
		})
	}
	s.logged(t, "dropped a connection")
}

func TestAMessageAboveTheLimitDisconnectsItsClient(t *testing.T) {
	s := serve(t, "ipc")
	c := fronttest.Connect(t, s.conn)
	f := fronttest.Frames(t, s.conn.Key, "big_request", struct{}{})
	f = append(f, make([]byte, maxRequest))
	c.Sockets[jupyter.Shell].Send(t.Context(), f...) // may fail as the other end closes
	s.logged(t, "the message is too large")
	if s.took("big_request") > 0 {
		t.Error("got the request, want it dropped")
	}
	well(t, fronttest.ConnectAs(t, s.conn, c.Session)) // as its reconnection would be
	small := fronttest.Frames(t, s.conn.Key, "small_request", struct{}{})
	small = append(small, make([]byte, maxRequest-1<<20))
	d := fronttest.Connect(t, s.conn)
	if err := d.Sockets[jupyter.Shell].Send(t.Context(), small...); err != nil {
		t.Error(err)
	}
	well(t, d)
	if s.took("small_request") != 1 {
		t.Error("got no request, want the one within the limit")
	}
}

func TestSilentConnectionsKeepNobodyWaiting(t *testing.T) {
	s := serve(t, "tcp")
	const each = 200 // 1000 in all
	var silent []net.Conn
	for range each {
		for _, ch := range Channels {
			conn := fronttest.DialRaw(t, s.conn, ch)
			defer conn.Close()
			silent = append(silent, conn)
		}
	}
	well(t, fronttest.Connect(t, s.conn))
	t.Logf("with %d silent connections", len(silent))
}

func TestAThousandClientsAreServed(t *testing.T) {
	s := serve(t, "ipc")
	const n = 1000
	var all sync.WaitGroup
	gate := make(chan struct{}, 50)
	for i := range n {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			ctx, cancel := context.WithTimeout(context.Background(), fronttest.Patience)
			defer cancel()
			network, address := s.conn.Endpoint(jupyter.Shell)
			z, err := zmtp.Dial(ctx, network, address, zmtp.Dealer, "")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { z.Close() }) // all stay till the end
			want := fmt.Sprintf(`{"n":%d}`, i)
			if err := z.Send(ctx, fronttest.Frames(t, s.conn.Key, "n_request", map[string]int{"n": i})...); err != nil {
				t.Error(err)
				return
			}
			got, err := z.Recv()
			if err != nil || string(got[5]) != want {
				t.Errorf("client %d: got %s, %v, want %s", i, got, err, want)
			}
		})
	}
	all.Wait()
	if got := s.took("n_request"); got != n {
		t.Errorf("got %d requests, want %d", got, n)
	}
}

func TestAClientThatDoesNotReadIsDisconnectedAndOthersGetAll(t *testing.T) {
	s := serve(t, "ipc")
	lazy := fronttest.Dial(t, s.conn, jupyter.IOPub, zmtp.Sub, "")
	defer lazy.Close()
	if err := lazy.Send(t.Context(), []byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := lazy.Recv(); err != nil { // its welcome
		t.Fatal(err)
	}
	eager := fronttest.Dial(t, s.conn, jupyter.IOPub, zmtp.Sub, "")
	defer eager.Close()
	if err := eager.Send(t.Context(), []byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := eager.Recv(); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 8<<20)
	n := maxQueued/len(body) + 4
	for i := range n {
		binary.BigEndian.PutUint64(body, uint64(i))
		s.publishFrames([]byte("topic"), bytes.Clone(body[:8]), body[8:])
		got, err := eager.Recv()
		if err != nil || binary.BigEndian.Uint64(got[1]) != uint64(i) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	s.logged(t, "reads too slowly")
	well(t, fronttest.Connect(t, s.conn))
}

func TestAWelcomeConfirmsASubscription(t *testing.T) {
	s := serve(t, "ipc")
	z := fronttest.Dial(t, s.conn, jupyter.IOPub, zmtp.Sub, "")
	defer z.Close()
	if err := z.Send(t.Context(), []byte("\x01kernel.")); err != nil {
		t.Fatal(err)
	}
	got, err := z.Recv()
	if err != nil || string(got[0]) != "kernel." {
		t.Fatalf("got %q, %v, want the topic", got, err)
	}
	s.Publish(jupyter.Message{}, "first", struct{}{})
	s.publishFrames([]byte("other topic"))
	s.Publish(jupyter.Message{}, "second", struct{}{})
	for _, want := range []string{".first", ".second"} {
		if got, err := z.Recv(); err != nil || !strings.HasSuffix(string(got[0]), want) {
			t.Errorf("got %q, %v, want the topic to end with %s", got, err, want)
		}
	}
	if err := z.Send(t.Context(), []byte("\x00kernel.")); err != nil {
		t.Fatal(err)
	}
	if err := z.Send(t.Context(), []byte("\x01last")); err != nil {
		t.Fatal(err)
	}
	if got, err := z.Recv(); err != nil || string(got[0]) != "last" {
		t.Fatalf("got %q, %v, want the topic", got, err)
	}
	s.Publish(jupyter.Message{}, "third", struct{}{})
	s.publishFrames([]byte("last words"))
	if got, err := z.Recv(); err != nil || string(got[0]) != "last words" {
		t.Errorf("after unsubscribing: got %q, %v, want the last words", got, err)
	}
}

func TestTheNewerConnectionOfAnIdentityGetsTheReplies(t *testing.T) {
	s := serve(t, "ipc")
	served := func() *zmtp.Conn {
		z := fronttest.Dial(t, s.conn, jupyter.Shell, zmtp.Dealer, "me")
		t.Cleanup(func() { z.Close() })
		if err := z.Send(t.Context(), fronttest.Frames(t, s.conn.Key, "x_request", struct{}{})...); err != nil {
			t.Fatal(err)
		}
		if got, err := z.Recv(); err != nil || len(got) < 6 {
			t.Fatalf("%q, %v", got, err)
		}
		return z
	}
	old := served()
	served()
	if _, err := old.Recv(); err == nil {
		t.Error("got an open connection, want the older one closed")
	}
}

func TestSocketsListenOnlyWhereTheConnectionFileSays(t *testing.T) {
	s := serve(t, "tcp")
	for _, socket := range s.sockets {
		if host, _, _ := net.SplitHostPort(socket.listen.Addr().String()); host != "127.0.0.1" {
			t.Errorf("got a socket on %s, want 127.0.0.1", socket.listen.Addr())
		}
	}
}

func TestAnIPCSocketIsPrivateAndReplacesADeadOne(t *testing.T) {
	path := filepath.Join(fronttest.TempDir(t), "s")
	dead, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listen(once(), "unix", path); err == nil {
		t.Fatal("got no error, want one because somebody else listens there")
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	l, err := listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
	}
	l.Close()
	if _, err := os.Stat(path); err == nil {
		t.Error("got a left-over socket file, want none after Close")
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	c := fronttest.Connection(t, "tcp", "")
	network, address := c.Endpoint(jupyter.IOPub)
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Open(once(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "listen for iopub") {
		t.Fatal(err)
	}
	l.Close()
	f, err := Open(t.Context(), c, slog.New(slog.DiscardHandler)) // the others were given up
	if err != nil {
		t.Fatal(err)
	}
	f.Serve(func(Request) {})
	f.Close()
}

func TestDrainWaitsForQueuedMessagesAndNotForSlowReaders(t *testing.T) {
	s := serve(t, "ipc")
	lazy := fronttest.Dial(t, s.conn, jupyter.IOPub, zmtp.Sub, "")
	defer lazy.Close()
	lazy.Send(t.Context(), []byte{1})
	if _, err := lazy.Recv(); err != nil {
		t.Fatal(err)
	}
	s.publishFrames([]byte("topic"), make([]byte, 32<<20))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Drain(ctx) // returns
	drained := make(chan struct{})
	go func() { s.Drain(t.Context()); close(drained) }()
	if got, err := lazy.Recv(); err != nil || len(got[1]) != 32<<20 {
		t.Error(err)
	}
	<-drained
}

// A client that reads gets everything, even if drain's time is over before we have
// written any of it.
func TestDrainWaitsForOurOwnWriting(t *testing.T) {
	for _, transport := range []string{"ipc", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			s := serve(t, transport)
			reader := fronttest.Dial(t, s.conn, jupyter.IOPub, zmtp.Sub, "")
			defer reader.Close()
			reader.Send(t.Context(), []byte{1})
			if _, err := reader.Recv(); err != nil {
				t.Fatal(err)
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			for range 200 {
				s.publishFrames([]byte("topic"), []byte("last words"))
				s.Drain(over)
				iopub := s.sockets[jupyter.IOPub]
				iopub.mu.Lock()
				for p := range iopub.peers {
					p.mu.Lock()
					if p.queued > 0 {
						t.Errorf("got %d bytes not written, want none", p.queued)
					}
					p.mu.Unlock()
				}
				iopub.mu.Unlock()
				if _, err := reader.Recv(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// No frames of a client make the front panic.
func FuzzFramesAreAcceptedOrDropped(f *testing.F) {
	key := jupyter.Key("k")
	front := &Front{key: key, log: slog.New(slog.DiscardHandler)}
	for _, seed := range [][][]byte{fronttest.Frames(f, "k", "execute_request", struct{}{}), fronttest.Frames(f, "", "x", struct{}{}), {nil}} {
		f.Add(bytes.Join(seed, []byte{0}))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := front.decode(bytes.Split(raw, []byte{0}))
		if err == nil && m.Header.MsgType == "" && len(m.Content) == 0 {
			t.Error("got an empty message, want it dropped")
		}
	})
}

// once returns a context with which listen tries once.
func once() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
