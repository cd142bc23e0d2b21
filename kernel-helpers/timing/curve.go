package timing

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/base/svg"
	"example.com/speedup/kernel-helpers/display"
)

// Curve runs f with 1 to most workers and draws how the speed-up grows with
// their number. A dashed line shows Amdahl's law for comparison: if a part s of
// the work can be done by one worker only, the speed-up on n processors is 1 /
// (s + (1-s)/n). Curve fits s to the time on as many workers as this machine
// has processors, because more workers don't get more processors. It keeps no
// results.
func Curve(title string, most int, f func(workers int)) {
	var seconds []float64
	for workers := range max(1, most) {
		start := time.Now()
		f(workers + 1)
		seconds = append(seconds, time.Since(start).Seconds())
	}
	c := newCurve(seconds, runtime.NumCPU())
	display.SVG(c.svg(title), title+"\n"+c.String())
}

// A curve holds the speed-ups for 1, 2, 3 … workers.
type curve struct {
	measured, amdahl []float64
	serial           float64 // fraction of the work that is serial
	processors       int
}

func newCurve(seconds []float64, processors int) curve {
	c := curve{processors: processors}
	for _, s := range seconds {
		c.measured = append(c.measured, seconds[0]/s)
	}
	if fit := min(processors, len(seconds)); fit > 1 {
		n := float64(fit)
		c.serial = min(1, max(0, (n/c.measured[fit-1]-1)/(n-1)))
	}
	for i := range seconds {
		n := float64(min(i+1, processors))
		c.amdahl = append(c.amdahl, 1/(c.serial+(1-c.serial)/n))
	}
	return c
}

func (c curve) String() string {
	var b strings.Builder
	for i, s := range c.measured {
		fmt.Fprintf(&b, "%d workers: %.2f×; Amdahl's law: %.2f×\n", i+1, s, c.amdahl[i])
	}
	fmt.Fprintf(&b, "%d processors; %.0f %% of the work would be serial", c.processors, 100*c.serial)
	return b.String()
}

// Dimensions of the curve, in pixels.
const (
	curveWidth, curveHeight  = 560, 300
	curveLeft, curveRight    = 50, 530
	curveTop, curveBottom    = 44, 230
	pointSize                = 7
	curveFoot, curveFootText = 270, 279
)

func (c curve) svg(title string) string {
	d := display.NewDrawing(curveWidth, curveHeight, title)
	d.Text(14, 26, title, display.Style{Size: 15, Bold: true})
	top := 1.0
	for i := range c.measured {
		top = max(top, c.measured[i], c.amdahl[i])
	}
	x := func(i int) float64 {
		return curveLeft + (curveRight-curveLeft)*float64(i)/float64(max(1, len(c.measured)-1))
	}
	y := func(s float64) float64 { return curveBottom - (curveBottom-curveTop)*s/top }
	for tick := 0.0; tick <= top; tick++ {
		d.Line(curveLeft, y(tick), curveRight, y(tick), display.Style{Stroke: svg.Grid})
		d.Text(curveLeft-8, y(tick)+4, fmt.Sprintf("%g×", tick), display.Style{Fill: display.Soft, Size: 11, Anchor: "end"})
	}
	for i := range c.measured {
		d.Text(x(i), curveBottom+16, fmt.Sprint(i+1), display.Style{Fill: display.Soft, Size: 11, Anchor: "middle"})
		if i > 0 {
			d.Line(x(i-1), y(c.amdahl[i-1]), x(i), y(c.amdahl[i]), amdahlLine)
			d.Line(x(i-1), y(c.measured[i-1]), x(i), y(c.measured[i]), measuredLine)
		}
		d.Rect(x(i)-pointSize/2, y(c.measured[i])-pointSize/2, pointSize, pointSize, measuredBar)
	}
	d.Text(curveRight, curveBottom+32, "workers", display.Style{Fill: display.Soft, Size: 11, Anchor: "end"})
	d.Line(curveLeft, curveFoot+5, curveLeft+22, curveFoot+5, measuredLine)
	d.Text(curveLeft+28, curveFootText, "measured here", note)
	d.Line(curveLeft+130, curveFoot+5, curveLeft+152, curveFoot+5, amdahlLine)
	d.Text(curveLeft+158, curveFootText, fmt.Sprintf("Amdahl's law, %.0f %% serial, on %d processors", 100*c.serial, c.processors), note)
	return d.SVG()
}

var (
	measuredLine = display.Style{Stroke: "#0969da"}
	amdahlLine   = display.Style{Stroke: "#9a6700", Dash: "6 4"}
)
