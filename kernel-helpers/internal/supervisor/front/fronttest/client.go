package fronttest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// Received is a message that a client got.
type Received struct {
	Channel jupyter.Channel
	jupyter.Message
}

// IsStatus reports whether m says that the kernel is in a state because of the
// request with the given id.
func (m Received) IsStatus(id, state string) bool {
	return m.Channel == jupyter.IOPub && m.Parent.MsgID == id && m.Header.MsgType == "status" &&
		bytes.Contains(m.Content, []byte(`"`+state+`"`))
}

// Client is a front end. It keeps every message that it receives. Its methods end
// the test when something fails.
type Client struct {
	Session string
	Sockets map[jupyter.Channel]*zmtp.Conn

	t       testing.TB
	key     jupyter.Key
	readers sync.WaitGroup

	mu   sync.Mutex
	got  []Received
	news chan struct{} // closed when there is another message
}

// Connect connects a front end, and waits until it is subscribed to all of iopub.
func Connect(t testing.TB, c jupyter.Connection) *Client {
	t.Helper()
	return ConnectAs(t, c, jupyter.NewID())
}

// ConnectAs is Connect for a given session, which is also the identity of the
// client's sockets.
func ConnectAs(t testing.TB, c jupyter.Connection, session string) *Client {
	t.Helper()
	client := &Client{t: t, key: jupyter.Key(c.Key), Session: session, Sockets: map[jupyter.Channel]*zmtp.Conn{}, news: make(chan struct{})}
	for ch, kind := range map[jupyter.Channel]zmtp.SocketType{
		jupyter.Shell: zmtp.Dealer, jupyter.Control: zmtp.Dealer, jupyter.Stdin: zmtp.Dealer, jupyter.IOPub: zmtp.Sub, jupyter.Heartbeat: zmtp.Req,
	} {
		client.Sockets[ch] = Dial(t, c, ch, kind, session)
	}
	for ch, s := range client.Sockets {
		client.readers.Go(func() { client.read(ch, s) })
	}
	t.Cleanup(client.Close)
	if err := client.Sockets[jupyter.IOPub].Send(t.Context(), []byte{1}); err != nil {
		t.Fatal(err)
	}
	client.Await(func(m Received) bool { return m.Header.MsgType == "iopub_welcome" })
	return client
}

// Close disconnects the client. It may be called twice.
func (c *Client) Close() {
	for _, s := range c.Sockets {
		s.Close()
	}
	c.readers.Wait()
}

func (c *Client) read(ch jupyter.Channel, s *zmtp.Conn) {
	for {
		frames, err := s.Recv()
		if err != nil {
			return
		}
		m := jupyter.Message{Buffers: frames}
		if ch != jupyter.Heartbeat {
			if m, err = c.key.Decode(frames); err != nil {
				c.t.Errorf("%s: %v", ch, err)
				return
			}
		}
		c.mu.Lock()
		c.got = append(c.got, Received{ch, m})
		close(c.news)
		c.news = make(chan struct{})
		c.mu.Unlock()
	}
}

// Await returns the first message that is wanted. It looks at earlier messages
// first and waits for [Patience].
func (c *Client) Await(wanted func(Received) bool) Received {
	c.t.Helper()
	m, err := c.find(wanted)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *Client) find(wanted func(Received) bool) (Received, error) {
	late := time.After(Patience)
	for i := 0; ; {
		c.mu.Lock()
		got, news := c.got, c.news
		c.mu.Unlock()
		for ; i < len(got); i++ {
			if wanted(got[i]) {
				return got[i], nil
			}
		}
		select {
		case <-news:
		case <-late:
			var latest []string
			for _, m := range got[max(0, len(got)-20):] {
				latest = append(latest, string(m.Channel)+":"+m.Header.MsgType+string(m.Content))
			}
			return Received{}, fmt.Errorf("no such message in %v; the latest are:\n%s", Patience, strings.Join(latest, "\n"))
		}
	}
}

// About returns the messages about a request that have come so far.
func (c *Client) About(id string) (of []Received) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.got {
		if m.Parent.MsgID == id {
			of = append(of, m)
		}
	}
	return of
}

// Send sends a request and returns its id.
func (c *Client) Send(ch jupyter.Channel, msgType string, content any) string {
	c.t.Helper()
	m, err := jupyter.NewMessage(c.Session, msgType, content)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Post(ch, m)
	return m.Header.MsgID
}

// Post sends a message.
func (c *Client) Post(ch jupyter.Channel, m jupyter.Message) {
	c.t.Helper()
	frames, err := c.key.Encode(m)
	if err == nil {
		err = c.Sockets[ch].Send(c.t.Context(), frames...)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// Reply waits for the reply to a request, on the channel of the request.
func (c *Client) Reply(ch jupyter.Channel, id string) jupyter.Message {
	c.t.Helper()
	return c.Await(func(m Received) bool {
		return m.Channel == ch && m.Parent.MsgID == id && strings.HasSuffix(m.Header.MsgType, "_reply")
	}).Message
}

// Replied reports whether the reply to a request on the shell channel has come.
func (c *Client) Replied(id string) bool {
	return slices.ContainsFunc(c.About(id), func(m Received) bool { return m.Channel == jupyter.Shell })
}

// Ask sends a request and returns the content of its reply.
func (c *Client) Ask(ch jupyter.Channel, msgType string, content any) map[string]any {
	c.t.Helper()
	return Decode(c.t, c.Reply(ch, c.Send(ch, msgType, content)))
}

// Decode returns the content of a message.
func Decode(t testing.TB, m jupyter.Message) (content map[string]any) {
	t.Helper()
	if err := m.Decode(&content); err != nil {
		t.Fatal(err)
	}
	return content
}
