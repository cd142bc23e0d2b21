package timeline

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// A run of 100 ms that worked in its first quarter only.
var quarter = strip{{0, 0}, {25 * time.Millisecond, 25 * time.Millisecond}, {100 * time.Millisecond, 25 * time.Millisecond}}

func TestColumnsHoldTheWorkWhereItHappened(t *testing.T) {
	got := quarter.columns(8)
	for i, want := range []float64{1, 1, 0, 0, 0, 0, 0, 0} {
		if math.Abs(got[i]-want) > 1e-9 {
			t.Errorf("column %d is %.3f, want %.0f: %v", i, got[i], want, got)
		}
	}
}

func TestColumnsKeepTheTotalWhenReadingsCrossThem(t *testing.T) {
	s := strip{{0, 0}, {7 * time.Millisecond, 3 * time.Millisecond}, {11 * time.Millisecond, 4 * time.Millisecond}, {90 * time.Millisecond, 60 * time.Millisecond}}
	sum := 0.0
	for _, c := range s.columns(13) {
		sum += c * s.wall().Seconds() / 13
	}
	if math.Abs(sum-s.cpu().Seconds()) > 1e-9 {
		t.Errorf("columns hold %.6f s of work, the run had %.6f s", sum, s.cpu().Seconds())
	}
}

func TestTheTextSaysThePictureInNumbers(t *testing.T) {
	for _, c := range []struct {
		s    strip
		want string
	}{
		{quarter, "0.10 s, working 25 %, waiting 75 %"},
		{strip{{0, 0}, {time.Second, 2 * time.Second}}, "1.00 s, of which working on 2.0 processors on average"},
		{strip{{0, 0}, {0, 0}}, "0.00 s, working 0 %, waiting 100 %"},
	} {
		if got := c.s.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestThePictureIsWellFormedWhateverTheTitle(t *testing.T) {
	svg := quarter.svg(`a < b & "c"</title><script>`)
	if strings.Contains(svg, "<script>") {
		t.Error("the title is not escaped")
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(svg) > 20_000 {
		t.Errorf("the picture has %d bytes", len(svg))
	}
}

func TestARunThatOnlyComputesCountsAsWork(t *testing.T) {
	rec := start()
	sum := uint64(0)
	for processTime()-rec.beginCPU < 5*time.Millisecond {
		for i := range uint64(10_000) {
			sum += i * i
		}
	}
	if s := rec.stop(); s.cpu() < 5*time.Millisecond || len(s) < 2 {
		t.Errorf("recorded %v of work in %d readings (sum %d)", s.cpu(), len(s), sum)
	}
}
