package timing

import (
	"math"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/svg/svgtest"
)

func TestAmdahlsLineFitsTheMeasurementOnAllProcessors(t *testing.T) {
	// A tenth of the work is serial; more than two workers are no faster than
	// two.
	c := newCurve([]float64{1, 0.55, 0.55, 0.6}, 2)
	if math.Abs(c.serial-0.1) > 1e-9 {
		t.Errorf("the serial part is %.3f, want 0.1", c.serial)
	}
	for i, want := range []float64{1, 1 / 0.55, 1 / 0.55, 1 / 0.55} {
		if math.Abs(c.amdahl[i]-want) > 1e-9 {
			t.Errorf("with %d workers the law gives %.3f, want %.3f", i+1, c.amdahl[i], want)
		}
	}
}

func TestACurveOnOneProcessorHasNoSerialPart(t *testing.T) {
	if c := newCurve([]float64{1, 1.1}, 1); c.serial != 0 || c.amdahl[1] != 1 {
		t.Errorf("got %+v, want no serial part and a law of 1.0", c)
	}
}

func TestTheCurveIsWellFormedForAnyMeasurements(t *testing.T) {
	for _, seconds := range [][]float64{{1}, {1, 0.5, 0.26, 0.2}, {1, 2}} {
		c := newCurve(seconds, 4)
		svgtest.Texts(t, c.svg("a < b"))
		if n := strings.Count(c.String(), "\n"); n != len(seconds) {
			t.Errorf("the text has %d lines, want %d", n, len(seconds))
		}
	}
}
