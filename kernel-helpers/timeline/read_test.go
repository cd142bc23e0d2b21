package timeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func kept(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "pool.trace"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadRejectsOtherInputWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want string
	}{
		"empty":           {"", "it is empty"},
		"another file":    {"%PDF-1.7 and so on", "not a Go execution trace"},
		"a later version": {"go 1.99 trace\x00\x00\x00", "version is not supported"},
		"a header alone":  {"go 1.26 trace\x00\x00\x00", "it "},
		"half a header":   {"go 1.2", "it is damaged"},
		"noise":           {"go 1.26 trace\x00\x00\x00" + strings.Repeat("\x7f\x00\xff", 1000), "it is damaged"},
		"too much":        {"go 1.26 trace\x00\x00\x00" + strings.Repeat("x", mostBytes), "record a shorter part"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read([]byte(c.raw))
			if r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and error %v, want no run and an error with %q", r, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the reason has more than one line: %v", err)
			}
		})
	}
}

func TestATraceCutShortIsAnErrorAtEveryLength(t *testing.T) {
	raw := kept(t)
	for n := 0; n < len(raw); n += 37 {
		r, err := Read(raw[:n])
		if err == nil && r.Wall() <= 0 {
			t.Errorf("%d of %d bytes: got no error and an empty run", n, len(raw))
		}
		if r != nil {
			checkPicture(t, r.SVG("Cut"))
		}
	}
}

func TestAPictureSaysWhatWasDropped(t *testing.T) {
	r, err := readAll(kept(t), [][]byte{[]byte("no trace")}, true)
	if r == nil || err == nil {
		t.Fatalf("got %v and error %v, want the run without the child and the child's error", r, err)
	}
	if svg := r.SVG("Long"); !strings.Contains(svg, "the picture ends where recording stopped") {
		t.Error("the picture doesn't say that the recording stopped early")
	}
}

func TestARecordingHasALimit(t *testing.T) {
	var s store
	part := make([]byte, mostBytes/4)
	for range 5 {
		if n, err := s.Write(part); n != len(part) || err != nil {
			t.Fatalf("Write: got %d, %v; want %d", n, err, len(part))
		}
	}
	if !s.overflowed() || len(s.bytes()) != mostBytes {
		t.Errorf("kept %d bytes, overflowed: %v; want the limit and true", len(s.bytes()), s.overflowed())
	}
	if _, _ = s.Write(nil); len(s.bytes()) != mostBytes {
		t.Error("kept bytes after a gap")
	}
}

// FuzzRead checks that reading and drawing never panic or hang, whatever the
// input, and that everything that is read can be drawn.
func FuzzRead(f *testing.F) {
	raw := kept(f)
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte("go 1.22 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			t.Skip()
		}
		r, err := Read(raw)
		if r == nil {
			if err == nil {
				t.Error("got neither a run nor an error")
			}
			return
		}
		checkPicture(t, r.SVG("Fuzz", WakeUps()))
		r.SVG("Fuzz", Processors())
		r.HTML("Fuzz")
		r.Leaks()
	})
}

func BenchmarkReadAndDraw160(b *testing.B) {
	r := busyRun(160, 30)
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			r.SVG("Bench")
		}
	})
	raw := kept(b)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if _, err := Read(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
