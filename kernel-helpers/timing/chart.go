package timing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
	"example.com/speedup/kernel-helpers/display"
)

// Chart draws the speed-up of the results with these names, or of all results,
// as bars. Hollow bars show the speed-up according to each document; those of Real Python
// have a solid edge. The scale
// is logarithmic, and labelled as such, if the longest bar would dwarf the
// others.
func Chart(names ...string) {
	bars, left := bars(kept.all(), names, thisMachine())
	if len(bars) == 0 {
		text := nothingMeasured
		if left > 0 {
			text = "No speed-up yet: nothing here has been measured together with its \"" + baseline + "\"."
		}
		display.HTML("<p>"+text+"</p>", text)
		return
	}
	display.SVG(chartSVG(bars), chartText(bars))
}

// mostBars is the largest number of bars that fits on one screen. It also keeps
// the chart's SVG below 40 KB.
const mostBars = 30

// bars returns the rows that have a speed-up, at most mostBars of them, and the
// number of rows left out.
func bars(all []Result, names []string, here Machine) (bars []row, left int) {
	for _, r := range marked(rows(all, names), names, here) {
		if r.speedup > 0 && len(bars) < mostBars {
			bars = append(bars, r)
		} else {
			left++
		}
	}
	return bars, left
}

const chartTitle = "Speed-up against one after another"

// chartText describes the chart in words. It is also the picture's alt text.
func chartText(bars []row) string {
	var b strings.Builder
	b.WriteString(chartTitle + "\n")
	for _, r := range bars {
		fmt.Fprintf(&b, "%s: %s, %s s", r.label()+r.mark, times(r.speedup), seconds(r.Seconds))
		for _, f := range r.figures {
			if s := f.speedup(); s > 0 {
				fmt.Fprintf(&b, "; %s: %s", f.source, times(s))
			}
		}
		b.WriteString("\n")
	}
	for _, m := range markNotes {
		if slices.ContainsFunc(bars, func(r row) bool { return strings.Contains(r.mark, m.mark) }) {
			b.WriteString(m.mark + " " + m.note + "\n")
		}
	}
	return b.String()
}

// Dimensions of the chart, in pixels.
const (
	chartWidth = 720
	barsLeft   = 250 // leaves room for labels of labelRunes
	barsRight  = 580 // leaves room for a figure after the longest bar
	barHeight  = 15
	thinHeight = 9
	rowGap     = 12
	topHeight  = 44
	footHeight = 70
	labelRunes = 34
)

var (
	measuredBar = display.Style{Fill: "#1f6feb"}
	baselineBar = display.Style{Fill: display.Grid}
	documentBar = display.Style{Stroke: "#a87400", Dash: "3 2"}
	articleBar  = display.Style{Stroke: "#9a6ee8", StrokeWidth: 1.5}
	note        = display.Style{Fill: display.Soft, Size: 11}
)

var legend = []struct {
	x    float64
	bar  display.Style
	text string
}{
	{110, measuredBar, "measured here"},
	{240, documentBar, "the documents' figures"},
	{420, articleBar, "Real Python's (both: Python, other machines)"},
}

// bar returns the style of the figure's bar. Real Python's newest figures look
// different from those of the course's documents, most of which repeat its
// older ones.
func (f figure) bar() display.Style {
	if f.source == realPython {
		return articleBar
	}
	return documentBar
}

func chartSVG(bars []row) string {
	bottom := topHeight
	for _, r := range bars {
		bottom += rowHeight(r)
	}
	s := scaleFor(bars)
	d := display.NewDrawing(chartWidth, bottom+footHeight, chartTitle)
	title := chartTitle
	if s.log {
		title += " (logarithmic scale)"
	}
	d.Text(14, 26, title, display.Style{Size: 15, Bold: true})

	middle, right := display.Style{Fill: display.Soft, Size: 11, Anchor: "middle"}, display.Style{Anchor: "end"}
	for _, tick := range s.ticks {
		grid := display.Style{Stroke: svg.Grid, StrokeWidth: 0.5}
		if tick == 1 {
			grid = display.Style{Stroke: svg.Grid, StrokeWidth: 1.2, Dash: "4 3"}
		}
		d.Line(s.x(tick), topHeight-4, s.x(tick), float64(bottom), grid)
		d.Text(s.x(tick), float64(bottom)+14, fmt.Sprintf("%g×", tick), middle)
	}
	y := float64(topHeight)
	for _, r := range bars {
		style := measuredBar
		if isBaseline(r.Name) {
			style = baselineBar
		}
		d.Text(barsLeft-8, y+12, svg.Fit(r.label(), labelRunes-len([]rune(r.mark)))+r.mark, right)
		end := s.x(r.speedup)
		d.Rect(barsLeft, y, end-barsLeft, barHeight, style)
		d.Text(end+6, y+12, times(r.speedup)+", "+seconds(r.Seconds)+" s", display.Style{Bold: true})
		thin := y + barHeight + 3
		for _, f := range documented(r) {
			end := s.x(f.speedup())
			d.Rect(barsLeft, thin, end-barsLeft, thinHeight, f.bar())
			d.Text(end+6, thin+9, f.source+": "+times(f.speedup()), note)
			thin += thinHeight + 3
		}
		y += float64(rowHeight(r))
	}
	foot := float64(bottom) + 32
	x := 14.0
	for _, m := range markNotes {
		if slices.ContainsFunc(bars, func(r row) bool { return strings.Contains(r.mark, m.mark) }) {
			d.Text(x, foot+26, m.mark+" "+m.note, note)
			x += 420
		}
	}
	for _, entry := range legend {
		d.Rect(entry.x, foot, 22, 10, entry.bar)
		d.Text(entry.x+28, foot+9, entry.text, note)
	}
	return d.SVG()
}

// documented returns the figures of r that have a speed-up, without baselines.
func documented(r row) []figure {
	var out []figure
	for _, f := range r.figures {
		if f.speedup() > 0 && !isBaseline(f.name) {
			out = append(out, f)
		}
	}
	return out
}

func isBaseline(name string) bool { return name == baseline || strings.HasSuffix(name, ", "+baseline) }

func rowHeight(r row) int {
	return barHeight + len(documented(r))*(thinHeight+3) + rowGap
}

// A scale maps speed-ups to positions between barsLeft and barsRight.
type scale struct {
	low, high float64
	log       bool
	ticks     []float64
}

// logFrom is the speed-up from which, on a linear scale, the bar of 1× would be
// shorter than its own label.
const logFrom = 15

func scaleFor(bars []row) scale {
	low, high := 1.0, 1.0
	for _, r := range bars {
		low, high = min(low, r.speedup), max(high, r.speedup)
		for _, f := range documented(r) {
			low, high = min(low, f.speedup()), max(high, f.speedup())
		}
	}
	if high < logFrom && low > 1.0/logFrom {
		s := scale{low: 0, high: high, ticks: []float64{0, 1}}
		step := 1.0
		if high > 8 {
			step = 2
		}
		for tick := 2.0; tick <= high; tick += step {
			s.ticks = append(s.ticks, tick)
		}
		return s
	}
	s := scale{low: low / 2, high: high, log: true} // half of low, so that the shortest bar has a length
	all := decades(s.low, s.high)
	for i, tick := range all {
		// Use 1, 2 and 5 of each decade where there is room, else powers of ten
		// or some of them.
		switch {
		case len(all) <= 10, i%3 == 0 && len(all) <= 30, i%9 == 0:
			s.ticks = append(s.ticks, tick)
		}
	}
	return s
}

// decades returns the steps 1, 2 and 5 of each decade from low to high,
// starting with a power of ten.
func decades(low, high float64) []float64 {
	var out []float64
	for e := math.Ceil(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range []float64{1, 2, 5} {
			if tick := m * math.Pow(10, e); tick <= high*1.0001 {
				out = append(out, tick)
			}
		}
	}
	return out
}

func (s scale) x(speedup float64) float64 {
	part := (speedup - s.low) / (s.high - s.low)
	if s.log {
		part = math.Log(speedup/s.low) / math.Log(s.high/s.low)
	}
	return barsLeft + part*(barsRight-barsLeft)
}
