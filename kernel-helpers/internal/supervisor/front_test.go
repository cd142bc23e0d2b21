package supervisor

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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// served is a front that answers every request with an echo.
type served struct {
	*front
	conn jupyter.Connection
	log  *lockedBuffer

	mu    sync.Mutex
	taken []string // types of requests that were taken
}

func serveFront(t testing.TB, transport string) *served {
	t.Helper()
	s := &served{log: &lockedBuffer{}, conn: testConnection(t, transport)}
	f, err := openFront(s.conn, slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.front = f
	f.serve(func(r request) {
		s.mu.Lock()
		s.taken = append(s.taken, r.Header.MsgType)
		s.mu.Unlock()
		f.reply(r, replyTo(r.Header.MsgType), r.Content)
	})
	t.Cleanup(f.close)
	return s
}

func testConnection(t testing.TB, transport string) jupyter.Connection {
	t.Helper()
	c := jupyter.Connection{Transport: transport, IP: "127.0.0.1", Key: jupyter.NewID(), SignatureScheme: "hmac-sha256", ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HBPort: 5}
	if transport == "tcp" {
		ports := freePorts(t)
		c.ShellPort, c.ControlPort, c.StdinPort, c.IOPubPort, c.HBPort = ports[0], ports[1], ports[2], ports[3], ports[4]
		return c
	}
	dir, err := os.MkdirTemp("/tmp", "gkt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.IP = filepath.Join(dir, "s")
	return c
}

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
	for deadline := time.Now().Add(patience); !strings.Contains(s.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the log doesn't say %q:\n%s", text, s.log.String())
			return
		}
	}
}

// well checks that a client is served on every channel.
func well(t *testing.T, c *client) {
	t.Helper()
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		if r := c.ask(ch, "well_request", map[string]int{"n": 7}); r["n"] != 7.0 {
			t.Errorf("%s: %v", ch, r)
		}
	}
	beat := []byte(jupyter.NewID())
	if err := c.sockets[jupyter.Heartbeat].Send(t.Context(), nil, beat); err != nil {
		t.Error(err)
	}
	c.await(func(m received) bool {
		return m.channel == jupyter.Heartbeat && len(m.Buffers) == 2 && bytes.Equal(m.Buffers[1], beat)
	})
}

// frames makes the frames of a well-formed request.
func frames(t testing.TB, key, msgType string, content any) [][]byte {
	t.Helper()
	m, err := jupyter.NewMessage("attacker", msgType, content)
	if err != nil {
		t.Fatal(err)
	}
	f, err := jupyter.Key(key).Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return f
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

func TestMessagesThatAreNotTheClientsAreDroppedAndOthersServed(t *testing.T) {
	s := serveFront(t, "ipc")
	c := connect(t, s.conn)
	good := func() [][]byte { return frames(t, s.conn.Key, "bad_request", struct{}{}) }
	for name, f := range map[string]func() [][]byte{
		"a wrong signature":     func() [][]byte { return frames(t, "another key", "bad_request", struct{}{}) },
		"no signature":          func() [][]byte { return frames(t, "", "bad_request", struct{}{}) },
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
		"a content that is none":  func() [][]byte { return frames(t, s.conn.Key, "bad_request", []int{1}) },
		"an empty message":        func() [][]byte { return [][]byte{nil} },
		"a thousand empty frames": func() [][]byte { return make([][]byte, 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
				if err := c.sockets[ch].Send(t.Context(), f()...); err != nil {
					t.Error(err)
				}
			}
			well(t, c) // on the same connections
		})
	}
	if n := s.took("bad_request"); n > 0 {
		t.Errorf("%d of them were taken", n)
	}
	s.logged(t, "dropped a message")
	if strings.Contains(s.log.String(), s.conn.Key) {
		t.Error("the key is in the log")
	}
}

func TestAMessageThatIsSentAgainIsNotTakenAgain(t *testing.T) {
	s := serveFront(t, "ipc")
	a, b := connect(t, s.conn), connect(t, s.conn)
	f := frames(t, s.conn.Key, "once_request", struct{}{})
	for _, c := range []*client{a, a, b} {
		for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
			if err := c.sockets[ch].Send(t.Context(), f...); err != nil {
				t.Fatal(err)
			}
		}
		well(t, c)
	}
	if n := s.took("once_request"); n != 1 {
		t.Errorf("it was taken %d times", n)
	}
	s.logged(t, errReplayed.Error())
}

func TestOldSignaturesAreForgottenInTheirOrder(t *testing.T) {
	var r replays
	for i := range remembered + 10 {
		if !r.first(fmt.Sprint(i)) {
			t.Fatalf("%d is not the first", i)
		}
	}
	if r.first(fmt.Sprint(remembered)) || !r.first("3") {
		t.Error("the latest must be known and the oldest forgotten")
	}
	if len(r.seen) > remembered {
		t.Errorf("%d are remembered", len(r.seen))
	}
}

var (
	greeting = slices.Concat([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'}, make([]byte, 48))
	// garbage is what is no beginning of a ZeroMQ connection, or stops being one.
	garbage = map[string][]byte{
		"HTTP":                          []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + strings.Repeat("x", 100)),
		"zeros":                         make([]byte, 1000),
		"a greeting and then garbage":   append(slices.Clone(greeting), bytes.Repeat([]byte{0x5a}, 1000)...),
		"a READY that is cut short":     append(slices.Clone(greeting), 4, 9, 5, 'R', 'E', 'A', 'D', 'Y', 0xff, 'x', 'y'),
		"a READY of an unknown type":    append(slices.Clone(greeting), "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x01Q"...),
		"a frame of eight exabytes":     append(slices.Clone(greeting), 6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"a greeting without what comes": greeting,
	}
)

func TestGarbageEndsItsOwnConnectionOnly(t *testing.T) {
	s := serveFront(t, "tcp")
	c := connect(t, s.conn)
	for name, garbage := range garbage {
		t.Run(name, func(t *testing.T) {
			for _, ch := range channels {
				conn := dialRaw(t, s.conn, ch)
				conn.Write(garbage)
				conn.(*net.TCPConn).CloseWrite()
				conn.SetReadDeadline(time.Now().Add(patience))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s keeps the connection", ch)
				}
				conn.Close()
			}
			well(t, c)
		})
	}
	s.logged(t, "dropped a connection")
}

// dialRaw connects and says nothing.
func dialRaw(t *testing.T, c jupyter.Connection, ch jupyter.Channel) net.Conn {
	t.Helper()
	network, address := c.Endpoint(ch)
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAMessageAboveTheLimitDisconnectsItsClient(t *testing.T) {
	s := serveFront(t, "ipc")
	c := connect(t, s.conn)
	f := frames(t, s.conn.Key, "big_request", struct{}{})
	f = append(f, make([]byte, maxRequest))
	c.sockets[jupyter.Shell].Send(t.Context(), f...) // may fail as the other end closes
	s.logged(t, "the message is too large")
	if s.took("big_request") > 0 {
		t.Error("it was taken")
	}
	well(t, connectAs(t, s.conn, c.session)) // as its reconnection would be
	small := frames(t, s.conn.Key, "small_request", struct{}{})
	small = append(small, make([]byte, maxRequest-1<<20))
	d := connect(t, s.conn)
	if err := d.sockets[jupyter.Shell].Send(t.Context(), small...); err != nil {
		t.Error(err)
	}
	well(t, d)
	if s.took("small_request") != 1 {
		t.Error("what is within the limit was not taken")
	}
}

func TestConnectionsThatSayNothingKeepNobodyWaiting(t *testing.T) {
	s := serveFront(t, "tcp")
	const each = 200 // 1000 in all
	var silent []net.Conn
	for range each {
		for _, ch := range channels {
			conn := dialRaw(t, s.conn, ch)
			defer conn.Close()
			silent = append(silent, conn)
		}
	}
	well(t, connect(t, s.conn))
	t.Logf("with %d silent connections", len(silent))
}

func TestAThousandClientsAreServed(t *testing.T) {
	s := serveFront(t, "ipc")
	const n = 1000
	var all sync.WaitGroup
	gate := make(chan struct{}, 50)
	for i := range n {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			network, address := s.conn.Endpoint(jupyter.Shell)
			z, err := jupyter.Dial(ctx, network, address, zmq4.Dealer, "")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { z.Close() }) // all stay till the end
			want := fmt.Sprintf(`{"n":%d}`, i)
			if err := z.Send(ctx, frames(t, s.conn.Key, "n_request", map[string]int{"n": i})...); err != nil {
				t.Error(err)
				return
			}
			got, err := z.Recv()
			if err != nil || string(got[5]) != want {
				t.Errorf("%d got %s, %v", i, got, err)
			}
		})
	}
	all.Wait()
	if got := s.took("n_request"); got != n {
		t.Errorf("%d requests were taken", got)
	}
}

func TestAClientThatDoesNotReadIsDisconnectedAndOthersGetAll(t *testing.T) {
	s := serveFront(t, "ipc")
	lazy := dial(t, s.conn, jupyter.IOPub, zmq4.Sub, "")
	defer lazy.Close()
	if err := lazy.Send(t.Context(), []byte{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := lazy.Recv(); err != nil { // its welcome
		t.Fatal(err)
	}
	eager := dial(t, s.conn, jupyter.IOPub, zmq4.Sub, "")
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
		s.iopub.publish([][]byte{[]byte("topic"), bytes.Clone(body[:8]), body[8:]})
		got, err := eager.Recv()
		if err != nil || binary.BigEndian.Uint64(got[1]) != uint64(i) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	s.logged(t, "reads too slowly")
	well(t, connect(t, s.conn))
}

func TestAWelcomeSaysThatASubscriptionHolds(t *testing.T) {
	s := serveFront(t, "ipc")
	z := dial(t, s.conn, jupyter.IOPub, zmq4.Sub, "")
	defer z.Close()
	if err := z.Send(t.Context(), []byte("\x01kernel.")); err != nil {
		t.Fatal(err)
	}
	got, err := z.Recv()
	if err != nil || string(got[0]) != "kernel." {
		t.Fatalf("%q, %v", got, err)
	}
	s.publish(jupyter.Message{}, "first", struct{}{})
	s.iopub.publish([][]byte{[]byte("other topic")})
	s.publish(jupyter.Message{}, "second", struct{}{})
	for _, want := range []string{".first", ".second"} {
		if got, err := z.Recv(); err != nil || !strings.HasSuffix(string(got[0]), want) {
			t.Errorf("%q, %v; want %s", got, err, want)
		}
	}
	if err := z.Send(t.Context(), []byte("\x00kernel.")); err != nil {
		t.Fatal(err)
	}
	if err := z.Send(t.Context(), []byte("\x01last")); err != nil {
		t.Fatal(err)
	}
	if got, err := z.Recv(); err != nil || string(got[0]) != "last" {
		t.Fatalf("%q, %v", got, err)
	}
	s.publish(jupyter.Message{}, "third", struct{}{})
	s.iopub.publish([][]byte{[]byte("last words")})
	if got, err := z.Recv(); err != nil || string(got[0]) != "last words" {
		t.Errorf("%q, %v, after unsubscribing", got, err)
	}
}

func TestTheNewerConnectionOfAnIdentityGetsTheReplies(t *testing.T) {
	s := serveFront(t, "ipc")
	served := func() *jupyter.Socket {
		z := dial(t, s.conn, jupyter.Shell, zmq4.Dealer, "me")
		t.Cleanup(func() { z.Close() })
		if err := z.Send(t.Context(), frames(t, s.conn.Key, "x_request", struct{}{})...); err != nil {
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
		t.Error("the old connection is still there")
	}
}

func TestNothingListensElsewhereThanTheConnectionFileSays(t *testing.T) {
	s := serveFront(t, "tcp")
	for _, socket := range []*socket{s.shell, s.control, s.stdin, s.iopub, s.hb} {
		if host, _, _ := net.SplitHostPort(socket.listen.Addr().String()); host != "127.0.0.1" {
			t.Errorf("it listens on %s", socket.listen.Addr())
		}
	}
}

func TestAnIPCSocketIsTheOwnersAloneAndReplacesADeadOne(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "gkt-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	dead, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listen("unix", path); err == nil {
		t.Fatal("it listens where somebody else does")
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	l, err := listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	l.Close()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket's file stays")
	}
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	c := testConnection(t, "tcp")
	network, address := c.Endpoint(jupyter.IOPub)
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := openFront(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "listen for iopub") {
		t.Fatal(err)
	}
	l.Close()
	f, err := openFront(c, slog.New(slog.DiscardHandler)) // the others were given up
	if err != nil {
		t.Fatal(err)
	}
	f.serve(func(request) {})
	f.close()
}

func TestDrainWaitsForWhatIsQueuedAndNotForTheLazy(t *testing.T) {
	s := serveFront(t, "ipc")
	lazy := dial(t, s.conn, jupyter.IOPub, zmq4.Sub, "")
	defer lazy.Close()
	lazy.Send(t.Context(), []byte{1})
	if _, err := lazy.Recv(); err != nil {
		t.Fatal(err)
	}
	s.iopub.publish([][]byte{[]byte("topic"), make([]byte, 32<<20)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.drain(ctx) // returns
	drained := make(chan struct{})
	go func() { s.drain(t.Context()); close(drained) }()
	if got, err := lazy.Recv(); err != nil || len(got[1]) != 32<<20 {
		t.Error(err)
	}
	<-drained
}

// Who reads gets all, though the time is over before a word of it is written.
func TestDrainWaitsForOurselves(t *testing.T) {
	for _, transport := range []string{"ipc", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			s := serveFront(t, transport)
			reader := dial(t, s.conn, jupyter.IOPub, zmq4.Sub, "")
			defer reader.Close()
			reader.Send(t.Context(), []byte{1})
			if _, err := reader.Recv(); err != nil {
				t.Fatal(err)
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			for range 200 {
				s.iopub.publish([][]byte{[]byte("topic"), []byte("last words")})
				s.drain(over)
				s.iopub.mu.Lock()
				for p := range s.iopub.peers {
					p.mu.Lock()
					if p.queued > 0 {
						t.Errorf("%d bytes are not written", p.queued)
					}
					p.mu.Unlock()
				}
				s.iopub.mu.Unlock()
				if _, err := reader.Recv(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// FuzzFramesAreTakenOrDropped: whatever a client sends, the front goes on.
func FuzzFramesAreTakenOrDropped(f *testing.F) {
	key := jupyter.Key("k")
	front := &front{key: key, log: slog.New(slog.DiscardHandler)}
	for _, seed := range [][][]byte{frames(f, "k", "execute_request", struct{}{}), frames(f, "", "x", struct{}{}), {nil}} {
		f.Add(bytes.Join(seed, []byte{0}))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := front.decode(bytes.Split(raw, []byte{0}))
		if err == nil && m.Header.MsgType == "" && len(m.Content) == 0 {
			t.Error("taken, and it's nothing")
		}
	})
}
