package supervisor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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

func room(n int64) *atomic.Int64 {
	var room atomic.Int64
	room.Store(n)
	return &room
}

func TestAMillionShortLinesBecomeAFewMessagesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := output{send: s.send}
		var want strings.Builder
		for i := range 100_000 { // ten seconds of a line each 100 µs
			line := string(rune('a'+i%26)) + "\n"
			want.WriteString(line)
			o.write("stdout", line)
			time.Sleep(100 * time.Microsecond)
		}
		o.finish()
		if got := s.text("stdout"); got != want.String() {
			t.Errorf("%d bytes arrived of %d, or in another order", len(got), want.Len())
		}
		if len(s.sent) > 10*20+2 {
			t.Errorf("%d messages in ten seconds, want at most 20 a second", len(s.sent))
		}
	})
}

func TestALineAfterAPauseGoesOutAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := output{send: s.send}
		o.write("stdout", "a\n")
		time.Sleep(time.Second)
		o.write("stdout", "b\n")
		if len(s.sent) != 2 {
			t.Errorf("%d messages went out, want both lines: %v", len(s.sent), s.sent)
		}
	})
}

func TestTheStreamsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := output{send: s.send}
		o.write("stdout", "0")
		for _, w := range []message{{"stdout", "1"}, {"stderr", "2"}, {"stdout", "3"}} {
			o.write(w.name, w.text)
		}
		o.finish()
		if got := s.sent; len(got) != 4 || got[2] != (message{"stderr", "2"}) || got[3] != (message{"stdout", "3"}) {
			t.Errorf("sent %v", got)
		}
	})
}

func TestStreamsThatAlternateWildlyStayComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		o := output{send: s.send}
		o.write("stdout", "x")
		for i := range 1000 {
			o.write([]string{"stdout", "stderr"}[i%2], string(rune('0'+i%10)))
		}
		o.finish()
		if n := len(s.sent); n > maxSegments+2 {
			t.Errorf("%d messages for one batch", n)
		}
		if out, err := s.text("stdout"), s.text("stderr"); len(out) != 501 || len(err) != 500 ||
			!strings.HasPrefix(out, "x02468") || !strings.HasPrefix(err, "13579") {
			t.Errorf("stdout has %d bytes, stderr %d", len(out), len(err))
		}
	})
}

func TestWhatExceedsTheLimitIsInTheFileThatTheLastLineNames(t *testing.T) {
	var s sink
	o := output{send: s.send, room: room(maxSpillAll), spill: filepath.Join(t.TempDir(), "output.txt")}
	chunk := strings.Repeat("ä€😀", 1000) // never cut inside a character
	for range 500 {
		o.write("stdout", chunk)
	}
	o.finish()
	shown := s.text("stdout")
	rest, err := os.ReadFile(o.spill)
	if err != nil {
		t.Fatal(err)
	}
	if shown+string(rest) != strings.Repeat(chunk, 500) {
		t.Errorf("%d bytes shown and %d kept of %d", len(shown), len(rest), 500*len(chunk))
	}
	if raw, _ := json.Marshal(shown); len(raw) > maxOutput || !utf8.ValidString(shown) {
		t.Errorf("%d bytes shown, valid UTF-8: %v", len(shown), utf8.ValidString(shown))
	}
	if said := s.text("stderr"); !strings.Contains(said, o.spill) || !strings.Contains(said, "left out") {
		t.Errorf("the last line says %q", said)
	}
}

// JupyterLab's server counts what is on the wire.
func TestTheLimitIsThatOfTheEncodedOutput(t *testing.T) {
	for name, text := range map[string]string{"letters": "abc", "empty lines": "\n", "brackets": "<&>", "colours": "\x1b[31m", "quotes": "\"\\", "no UTF-8": "\xff", "Greek": "αβγ", "separators": "\u2028"} {
		var s sink
		o := output{send: s.send, room: room(maxSpillAll), spill: filepath.Join(t.TempDir(), "output.txt")}
		for range 5 {
			o.write("stdout", strings.Repeat(text, maxOutput/len(text)/2))
		}
		o.finish()
		raw, err := json.Marshal(s.text("stdout"))
		if err != nil || len(raw) > maxOutput+2 || len(raw) < maxOutput-100 {
			t.Errorf("%s: %d bytes on the wire, %v", name, len(raw), err)
		}
	}
}

func TestAFullDiskIsSaidAndEndsNothing(t *testing.T) {
	var s sink
	o := output{send: s.send, room: room(maxSpillAll), spill: filepath.Join(t.TempDir(), "no such folder", "output.txt")}
	o.write("stdout", strings.Repeat("x", maxOutput+1))
	o.finish()
	if said := s.text("stderr"); !strings.Contains(said, "could not be kept") {
		t.Errorf("the last line says %q", said)
	}
}

func TestAProgramThatPrintsForEverDoesNotFillTheDisk(t *testing.T) {
	var s sink
	o := output{send: s.send, room: room(maxSpillAll), spill: filepath.Join(t.TempDir(), "output.txt")}
	chunk := strings.Repeat("äö", 4<<20)
	for range (maxOutput+maxSpill)/len(chunk) + 3 {
		o.write("stdout", chunk)
	}
	o.finish()
	info, err := os.Stat(o.spill)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxSpill || info.Size() < maxSpill-4 {
		t.Errorf("%d bytes are kept", info.Size())
	}
	if said := s.text("stderr"); !strings.Contains(said, "the first 268.4 MB of that are in "+o.spill) {
		t.Errorf("the last line says %q", said)
	}
}

func TestAllCellsTogetherDoNotFillTheDiskEither(t *testing.T) {
	left := room(1000)
	dir := t.TempDir()
	for i, want := range []int{600, 400, 0} {
		var s sink
		o := output{send: s.send, room: left, spill: filepath.Join(dir, itoa(i))}
		o.write("stdout", strings.Repeat("x", maxOutput+600))
		o.finish()
		raw, err := os.ReadFile(o.spill)
		if len(raw) != want || (err != nil) != (want == 0) {
			t.Errorf("cell %d has put aside %d bytes, want %d (%v)", i, len(raw), want, err)
		}
		if said := s.text("stderr"); !strings.Contains(said, "left out") {
			t.Errorf("the last line says %q", said)
		}
	}
}
