package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// sink gathers what an output sends.
type sink struct{ sent []message }

type message struct{ name, text string }

func (s *sink) send(name, text string) { s.sent = append(s.sent, message{name, text}) }

func (s *sink) text(name string) string {
	var b strings.Builder
	for _, m := range s.sent {
		if m.name == name {
			b.WriteString(m.text)
		}
	}
	return b.String()
}

func TestAMillionShortLinesBecomeAFewMessagesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := NewOutput(s.send, "", nil)
		var want strings.Builder
		for i := range 100_000 { // ten seconds of a line each 100 µs
			line := string(rune('a'+i%26)) + "\n"
			want.WriteString(line)
			o.Write("stdout", line)
			time.Sleep(100 * time.Microsecond)
		}
		o.Finish()
		if got := s.text("stdout"); got != want.String() {
			t.Errorf("got %d bytes, want %d in the order in which they were written", len(got), want.Len())
		}
		if len(s.sent) > 10*20+2 {
			t.Errorf("got %d messages in ten seconds, want at most 20 a second", len(s.sent))
		}
	})
}

func TestALineAfterAPauseGoesOutAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := NewOutput(s.send, "", nil)
		o.Write("stdout", "a\n")
		time.Sleep(time.Second)
		o.Write("stdout", "b\n")
		if len(s.sent) != 2 {
			t.Errorf("got %d messages, want both lines: %v", len(s.sent), s.sent)
		}
	})
}

func TestTheStreamsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := NewOutput(s.send, "", nil)
		o.Write("stdout", "0")
		for _, w := range []message{{"stdout", "1"}, {"stderr", "2"}, {"stdout", "3"}} {
			o.Write(w.name, w.text)
		}
		o.Finish()
		if got := s.sent; len(got) != 4 || got[2] != (message{"stderr", "2"}) || got[3] != (message{"stdout", "3"}) {
			t.Errorf("got %v, want 0, 1, 2 and 3 in this order and stream", got)
		}
	})
}

func TestStreamsThatAlternateOftenStayComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := NewOutput(s.send, "", nil)
		o.Write("stdout", "x")
		for i := range 1000 {
			o.Write([]string{"stdout", "stderr"}[i%2], string(rune('0'+i%10)))
		}
		o.Finish()
		if n := len(s.sent); n > maxSegments+2 {
			t.Errorf("got %d messages, want at most %d for one batch", n, maxSegments+2)
		}
		if out, err := s.text("stdout"), s.text("stderr"); len(out) != 501 || len(err) != 500 ||
			!strings.HasPrefix(out, "x02468") || !strings.HasPrefix(err, "13579") {
			t.Errorf("got %d bytes of stdout and %d of stderr, want 501 and 500 in order", len(out), len(err))
		}
	})
}

func TestOutputAboveTheLimitIsInTheFileNamedByTheLastLine(t *testing.T) {
	var s sink
	o := NewOutput(s.send, filepath.Join(t.TempDir(), "output.txt"), NewBudget())
	chunk := strings.Repeat("ä€😀", 1000) // must never be cut inside a character
	for range 500 {
		o.Write("stdout", chunk)
	}
	o.Finish()
	shown := s.text("stdout")
	rest, err := os.ReadFile(o.spill)
	if err != nil {
		t.Fatal(err)
	}
	if shown+string(rest) != strings.Repeat(chunk, 500) {
		t.Errorf("got %d bytes shown and %d in the file, want all %d in order", len(shown), len(rest), 500*len(chunk))
	}
	if raw, _ := json.Marshal(shown); len(raw) > maxOutput || !utf8.ValidString(shown) {
		t.Errorf("got %d bytes of JSON, valid UTF-8: %v; want at most %d, valid", len(raw), utf8.ValidString(shown), maxOutput)
	}
	if said := s.text("stderr"); !strings.Contains(said, o.spill) || !strings.Contains(said, "left out") {
		t.Errorf("the last line is %q", said)
	}
}

// JupyterLab's server counts bytes of JSON.
func TestTheLimitCountsEncodedOutput(t *testing.T) {
	for name, text := range map[string]string{"letters": "abc", "empty lines": "\n", "brackets": "<&>", "colours": "\x1b[31m", "quotes": "\"\\", "no UTF-8": "\xff", "Greek": "αβγ", "separators": "\u2028"} {
		var s sink
		o := NewOutput(s.send, filepath.Join(t.TempDir(), "output.txt"), NewBudget())
		for range 5 {
			o.Write("stdout", strings.Repeat(text, maxOutput/len(text)/2))
		}
		o.Finish()
		raw, err := json.Marshal(s.text("stdout"))
		if err != nil || len(raw) > maxOutput+2 || len(raw) < maxOutput-100 {
			t.Errorf("%s: got %d bytes of JSON (%v), want just under %d", name, len(raw), err, maxOutput)
		}
	}
}

func TestAFullDiskIsReportedAndStopsNothing(t *testing.T) {
	var s sink
	o := NewOutput(s.send, filepath.Join(t.TempDir(), "no such folder", "output.txt"), NewBudget())
	o.Write("stdout", strings.Repeat("x", maxOutput+1))
	o.Finish()
	if said := s.text("stderr"); !strings.Contains(said, "could not be kept") {
		t.Errorf("the last line is %q", said)
	}
}

func TestEndlessOutputDoesNotFillTheDisk(t *testing.T) {
	var s sink
	o := NewOutput(s.send, filepath.Join(t.TempDir(), "output.txt"), NewBudget())
	chunk := strings.Repeat("äö", 4<<20)
	for range (maxOutput+maxSpill)/len(chunk) + 3 {
		o.Write("stdout", chunk)
	}
	o.Finish()
	info, err := os.Stat(o.spill)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxSpill || info.Size() < maxSpill-4 {
		t.Errorf("got %d bytes in the file, want %d", info.Size(), maxSpill)
	}
	if said := s.text("stderr"); !strings.Contains(said, "the first 268.4 MB of that are in "+o.spill) {
		t.Errorf("the last line is %q", said)
	}
}

func TestAllCellsTogetherDoNotFillTheDisk(t *testing.T) {
	var budget Budget
	budget.left.Store(1000)
	dir := t.TempDir()
	for i, want := range []int{600, 400, 0} {
		var s sink
		o := NewOutput(s.send, filepath.Join(dir, strconv.Itoa(i)), &budget)
		o.Write("stdout", strings.Repeat("x", maxOutput+600))
		o.Finish()
		raw, err := os.ReadFile(o.spill)
		if len(raw) != want || (err != nil) != (want == 0) {
			t.Errorf("cell %d: got %d bytes in the file, want %d (%v)", i, len(raw), want, err)
		}
		if said := s.text("stderr"); !strings.Contains(said, "left out") {
			t.Errorf("the last line is %q", said)
		}
	}
}
