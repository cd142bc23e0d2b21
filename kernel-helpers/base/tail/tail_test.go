package tail

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestAWriterKeepsTheEnd(t *testing.T) {
	for most, want := range map[int]int{0: 4 << 10, 100: 100} {
		w := Writer{Bytes: most}
		for i := range 1000 {
			line := fmt.Sprintf("line %d\n", i)
			if n, err := w.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatalf("Write: got %d, %v; want %d, nil", n, err, len(line))
			}
		}
		if got := w.String(); len(got) != want || !strings.HasSuffix(got, "line 998\nline 999\n") {
			t.Errorf("got %d bytes that end in %q, want %d and the last lines", len(got), got[max(0, len(got)-20):], want)
		}
	}
	w := Writer{Bytes: 3}
	if w.Write([]byte("all at once")); w.String() != "nce" {
		t.Errorf("got %q, want %q", w.String(), "nce")
	}
}

func TestOnlyTheEndOfALongErrorIsKept(t *testing.T) {
	var w Writer
	for range 10_000 {
		io.WriteString(&w, "a line of a long traceback\n")
	}
	io.WriteString(&w, "the reason\n\n")
	if got := w.String(); len(got) > 4<<10 || LastLine(got) != "the reason" {
		t.Errorf("got %d bytes with the last line %q, want at most %d with the reason", len(got), LastLine(got), 4<<10)
	}
}

func TestTheLastLineIsNotBlank(t *testing.T) {
	for text, want := range map[string]string{"": "", " \n\n": "", "one": "one", "one\n  two \r\n \n": "two", "one\n\ntwo": "two"} {
		if got := LastLine(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
