package rpc

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestALineSurvivesAReadThatTimedOut(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	lines := lineReader{r: r}
	var got reply

	io.WriteString(w, `{"id":1}`+"\n"+`{"id":`)
	if err := lines.next(&got); err != nil || got.ID != 1 {
		t.Fatalf("first line: got %+v, %v; want id 1", got, err)
	}
	r.SetReadDeadline(time.Unix(1, 0))
	if err := lines.next(&got); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("half a line: got error %v, want a time-out", err)
	}
	r.SetReadDeadline(time.Time{})
	io.WriteString(w, "2}\n")
	if err := lines.next(&got); err != nil || got.ID != 2 {
		t.Errorf("the other half: got %+v, %v; want id 2", got, err)
	}
}

func TestBadLinesAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		sent string
		want string
	}{
		"an empty pipe":           {"", io.EOF.Error()},
		"an end within a line":    {`{"id":1}`, io.ErrUnexpectedEOF.Error()},
		"a line that is not JSON": {"hello\n", "bad message"},
		"a line without end":      {strings.Repeat(" ", 2*maxLine), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := lineReader{r: strings.NewReader(test.sent)}
			if err := lines.next(new(reply)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

func FuzzLinesDoNotDependOnTheSizeOfReads(f *testing.F) {
	f.Add([]byte(`{"id":1,"answer":{"address":"127.0.0.1:80"}}` + "\n" + `{"id":2,"error":"no"}` + "\n"))
	f.Add([]byte("\n\n{}\n[]\nnull\n{\"id\":-1}\n"))
	f.Add([]byte(`{"id":1`))
	f.Fuzz(func(t *testing.T, sent []byte) {
		read := func(r io.Reader) (ids []uint64, last string) {
			lines := lineReader{r: r}
			for {
				var got reply
				if err := lines.next(&got); err != nil {
					return ids, err.Error()
				}
				ids = append(ids, got.ID)
			}
		}
		whole, end := read(bytes.NewReader(sent))
		pieces, piecesEnd := read(iotest.OneByteReader(bytes.NewReader(sent)))
		if len(whole) != len(pieces) || end != piecesEnd {
			t.Errorf("read whole: %v, %s; read in pieces: %v, %s; want the same", whole, end, pieces, piecesEnd)
		}
	})
}
