package procpool

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func frame(kind byte, body string) string {
	b := append(beginFrame(nil, kind), body...)
	endFrame(b, 0)
	return string(b)
}

func TestFramesAreReadAsWritten(t *testing.T) {
	bodies := []string{"", "a", strings.Repeat("b", chunkSize-10), strings.Repeat("c", 3*chunkSize), "d"}
	var sent strings.Builder
	for _, body := range bodies {
		sent.WriteString(frame('x', body))
	}
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(sent.String()), "in bytes": iotest.OneByteReader(strings.NewReader(sent.String()))} {
		frames := newFrameReader(r)
		var kept [][]byte
		for range bodies {
			kind, body, err := frames.next()
			if err != nil || kind != 'x' {
				t.Fatalf("%s: got kind %c, %v; want x", name, kind, err)
			}
			kept = append(kept, body)
		}
		for i, body := range kept { // none was overwritten
			if string(body) != bodies[i] {
				t.Errorf("%s: the body of frame %d has changed", name, i)
			}
		}
		if _, _, err := frames.next(); err != io.EOF {
			t.Errorf("%s: at the end: got error %v, want EOF", name, err)
		}
	}
}

func TestBadFramesAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		sent string
		want error
	}{
		"an end within the length":    {"\x05\x00", io.ErrUnexpectedEOF},
		"an end after the length":     {"\x05\x00\x00\x00", io.ErrUnexpectedEOF},
		"an end within the body":      {frame('x', "body")[:7], io.ErrUnexpectedEOF},
		"a frame without a kind":      {"\x00\x00\x00\x00x", errBadFrame},
		"a frame longer than allowed": {"\xff\xff\xff\xffx", errBadFrame},
	} {
		if _, _, err := newFrameReader(strings.NewReader(test.sent)).next(); !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", name, err, test.want)
		}
	}
}

func FuzzFramesDoNotDependOnTheSizeOfReads(f *testing.F) {
	f.Add([]byte(frame('x', "body") + frame('y', "")))
	f.Add([]byte(frame('x', strings.Repeat("b", 1000))))
	f.Add([]byte("\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xff\xff\x7fabc"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		read := func(r io.Reader) (all []string, last string) {
			frames := newFrameReader(r)
			frames.max = 1 << 16
			for {
				kind, body, err := frames.next()
				if err != nil {
					return all, err.Error()
				}
				all = append(all, frame(kind, string(body)))
			}
		}
		whole, end := read(bytes.NewReader(sent))
		pieces, piecesEnd := read(iotest.OneByteReader(bytes.NewReader(sent)))
		if strings.Join(whole, "") != strings.Join(pieces, "") || end != piecesEnd {
			t.Errorf("read whole: %q, %s; read in pieces: %q, %s; want the same", whole, end, pieces, piecesEnd)
		}
		if !strings.HasPrefix(string(sent), strings.Join(whole, "")) {
			t.Errorf("got %q, want a prefix of %q", whole, sent)
		}
	})
}

// Worker and parent also check the contents of frames. The other side is this
// program, but a task may write to any descriptor.
func FuzzMessagesNeverPanic(f *testing.F) {
	f.Add([]byte(frame(frameResult, "\x01\x00\x02\x00\x04\x01\x03err")))
	f.Add([]byte(frame(frameBegin, "\x01") + frame(frameRecalled, "\x02\x01")))
	f.Add([]byte(frame(framePanic, "\x01\x04boom")))
	f.Add([]byte(hello{"worker-1", []string{"a", "b"}, 5}.frame()))
	f.Add([]byte(frame(frameRun, "\x01\x00\x01\x08") + frame(frameRecall, "\x01") + frame(frameCancel, "\x01") + frame(frameEnd, "")))
	f.Fuzz(func(t *testing.T, sent []byte) {
		p := &Pool{drained: make(chan struct{})}
		w := &worker{process: &process{}, wake: make(chan struct{}, 1)}
		p.workers = []*worker{w}
		c := &call[int, string]{task: &Task[int, string]{name: "t"}, pool: p}
		u := &unit[int, string]{task: c.task, inputs: []int{1, 2, 3}, sink: c}
		u.owner, u.id = &c.owner, 1
		p.open, c.owner.open = 1, 1
		w.sent = []work{u}
		worker := &server{greeted: make(chan struct{})}
		worker.more.L = &worker.mu
		worker.results = discard
		frames := newFrameReader(bytes.NewReader(sent))
		frames.max = 1 << 16
		for {
			kind, body, err := frames.next()
			if err != nil {
				return
			}
			_ = p.handle(w, kind, &decoder{data: body})
			_ = worker.handle(kind, &decoder{data: body})
		}
	})
}

var discard = func() *os.File {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	return f
}()
