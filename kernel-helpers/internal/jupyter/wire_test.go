package jupyter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Frames written by jupyter_client 8.10's Session with this key.
var (
	pythonKey    = Key("0123456789abcdef")
	pythonFrames = [][]byte{
		[]byte("router"),
		[]byte("<IDS|MSG>"),
		[]byte("95297a42c275dcbbc0875809bcbf2895728b2423d18e107bdcbf17a4301539d8"),
		[]byte(`{"msg_id": "id-1", "session": "sess", "username": "ann", "date": "2026-11-23T20:00:00.000000Z", "msg_type": "execute_request", "version": "5.4"}`),
		[]byte(`{}`),
		[]byte(`{"a": 1}`),
		[]byte(`{"code": "fmt.Println(\"é\")"}`),
	}
)

func cloneFrames(frames [][]byte) [][]byte {
	c := make([][]byte, len(frames))
	for i, f := range frames {
		c[i] = bytes.Clone(f)
	}
	return c
}

func sameFrames(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

func TestDecodeReadsWhatPythonWrote(t *testing.T) {
	m, err := pythonKey.Decode(pythonFrames)
	if err != nil {
		t.Fatal(err)
	}
	want := Header{"id-1", "sess", "ann", "2026-11-23T20:00:00.000000Z", "execute_request", "5.4"}
	if m.Header != want || m.Parent != (Header{}) {
		t.Errorf("got header %+v, parent %+v; want the header %+v and no parent", m.Header, m.Parent, want)
	}
	var content struct{ Code string }
	if err := m.Decode(&content); err != nil || content.Code != `fmt.Println("é")` {
		t.Errorf("got content %+v, %v; want the code", content, err)
	}
	if len(m.Identities) != 1 || string(m.Identities[0]) != "router" || len(m.Buffers) != 0 {
		t.Errorf("got identities %q, buffers %q; want router and no buffers", m.Identities, m.Buffers)
	}
}

func TestAnUnchangedMessageIsEncodedByteForByte(t *testing.T) {
	for name, frames := range map[string][][]byte{
		"as received":            pythonFrames,
		"without identity":       pythonFrames[1:],
		"with identities":        append([][]byte{[]byte("a"), {}, {0xff}}, pythonFrames[1:]...),
		"with buffers":           append(cloneFrames(pythonFrames), []byte("<IDS|MSG>"), []byte{}, []byte{0, 1}),
		"with unknown fields":    signed(`{"msg_type":"x","subshell_id":"s"}`, ` {"msg_id" : "p"} `, `{}`, `{}`),
		"with an empty header":   signed(`{}`, `{}`, `{}`, `{}`),
		"with spaces all around": signed(" {}\n", "\t{}", " { } ", "{}\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := pythonKey.Decode(cloneFrames(frames))
			if err != nil {
				t.Fatal(err)
			}
			again, err := pythonKey.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			if !sameFrames(again, frames) {
				t.Errorf("got\n%q\nwant\n%q", again, frames)
			}
		})
	}
}

// signed returns the frames of a message with these four parts.
func signed(parts ...string) [][]byte {
	p := [4][]byte{[]byte(parts[0]), []byte(parts[1]), []byte(parts[2]), []byte(parts[3])}
	return append([][]byte{delimiter, pythonKey.sign(p)}, p[:]...)
}

func TestAChangedHeaderIsEncodedAnew(t *testing.T) {
	m, err := pythonKey.Decode(pythonFrames)
	if err != nil {
		t.Fatal(err)
	}
	m.Header.MsgID, m.Parent.MsgID = "id-2", "id-1"
	frames, err := pythonKey.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := pythonKey.Decode(frames)
	if err != nil {
		t.Fatal(err)
	}
	if again.Header != m.Header || again.Parent != m.Parent || !bytes.Equal(again.Content, m.Content) {
		t.Errorf("got %+v, want %+v", again, m)
	}
}

func TestANewMessageCanBeDecoded(t *testing.T) {
	for _, key := range []Key{nil, pythonKey} {
		m, err := NewMessage("s", "status", map[string]string{"execution_state": "idle"})
		if err != nil {
			t.Fatal(err)
		}
		frames, err := key.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := key.Decode(frames)
		if err != nil {
			t.Fatal(err)
		}
		if got.Header != m.Header || got.Header.MsgType != "status" || got.Header.Version != "5.4" || string(got.Metadata) != "{}" {
			t.Errorf("got %+v, want %+v", got, m)
		}
	}
}

func TestDecodeReportsTheKindOfError(t *testing.T) {
	signature := 2 // frame
	for frame := signature; frame < len(pythonFrames); frame++ {
		changed := cloneFrames(pythonFrames)
		changed[frame][0] ^= 1
		if _, err := pythonKey.Decode(changed); !errors.Is(err, ErrBadSignature) {
			t.Errorf("frame %d changed: got error %v, want ErrBadSignature", frame, err)
		}
	}
	for n := range len(pythonFrames) {
		want := ErrTooFewFrames
		if n < 2 {
			want = ErrNoDelimiter
		}
		if _, err := pythonKey.Decode(pythonFrames[:n]); !errors.Is(err, want) {
			t.Errorf("%d frames: got error %v, want %v", n, err, want)
		}
	}
	for _, c := range []string{"", "{", "}", "[]", "null", "1", `"{}"`, "{}{}x", "x{}"} {
		for part := range 4 {
			parts := []string{"{}", "{}", "{}", "{}"}
			parts[part] = c
			if _, err := pythonKey.Decode(signed(parts...)); !errors.Is(err, ErrBadJSON) {
				t.Errorf("part %d is %q: got error %v, want ErrBadJSON", part, c, err)
			}
		}
	}
	for _, c := range []string{`{"msg_id":1}`, `{"msg_type":"a" "b"}`} {
		if _, err := pythonKey.Decode(signed(c, "{}", "{}", "{}")); !errors.Is(err, ErrBadJSON) {
			t.Errorf("the header is %q: got error %v, want ErrBadJSON", c, err)
		}
	}
	if _, err := (Key("another")).Decode(pythonFrames); !errors.Is(err, ErrBadSignature) {
		t.Errorf("another key: got error %v, want ErrBadSignature", err)
	}
	if _, err := Key(nil).Decode(pythonFrames); err != nil {
		t.Errorf("without a key: got error %v, want nil", err)
	}
}

func TestInvalidContentIsAnError(t *testing.T) {
	if _, err := NewMessage("s", "bad", make(chan int)); err == nil {
		t.Error("NewMessage encoded a channel")
	}
	if err := (Message{Header: Header{MsgType: "bad"}, Content: json.RawMessage(`{"a":}`)}).Decode(&struct{}{}); !errors.Is(err, ErrBadJSON) || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got error %v, want ErrBadJSON with the type", err)
	}
}

// FuzzDecode checks that Decode doesn't panic, and that decoded messages are
// encoded unchanged. Newlines separate the frames in the input.
func FuzzDecode(f *testing.F) {
	f.Add(bytes.Join(pythonFrames, []byte("\n")), true)
	f.Add([]byte("<IDS|MSG>\n\n{}\n{}\n{}\n{}\nbuffer"), false)
	f.Add([]byte("a\n<IDS|MSG>\n\n{\"msg_id\":\"\\ud800\"}\n{}\n{}\n{}"), true)
	f.Fuzz(func(t *testing.T, input []byte, sign bool) {
		frames := bytes.Split(input, []byte("\n"))
		var key Key
		if sign { // add a signature so that decoding can continue
			key = pythonKey
			for i, frame := range frames {
				if bytes.Equal(frame, delimiter) && len(frames) > i+5 {
					frames[i+1] = key.sign([4][]byte(frames[i+2 : i+6]))
					break
				}
			}
		}
		m, err := key.Decode(cloneFrames(frames))
		if err != nil {
			return
		}
		again, err := key.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if !sign { // without a key, any signature is accepted and none is created
			again[len(m.Identities)+1] = frames[len(m.Identities)+1]
		}
		if !sameFrames(again, frames) {
			t.Errorf("got\n%q\nwant\n%q", again, frames)
		}
	})
}

func benchmarkMessage(b *testing.B, size int) Message {
	m, err := NewMessage("session", "stream", map[string]string{"name": "stdout", "text": strings.Repeat("x", size)})
	if err != nil {
		b.Fatal(err)
	}
	m.Parent = m.Header
	m.Identities = [][]byte{[]byte("stream")}
	return m
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []int{20, 1 << 20} {
		b.Run(fmt.Sprintf("%d-bytes", size), func(b *testing.B) {
			m := benchmarkMessage(b, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := pythonKey.Encode(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{20, 1 << 20} {
		b.Run(fmt.Sprintf("%d-bytes", size), func(b *testing.B) {
			frames, err := pythonKey.Encode(benchmarkMessage(b, size))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := pythonKey.Decode(frames); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
