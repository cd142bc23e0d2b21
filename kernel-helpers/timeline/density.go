package timeline

import (
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
)

// Dimensions of a density picture, in pixels.
const (
	densityHeight = 230.0
	densityColumn = 2
)

// drawDensity draws the number of goroutines in each state over time, stacked.
func (r *Run) drawDensity(title string, n Numbers, sections []section) string {
	count := columnCount / densityColumn
	shares := make([][stateCount]float32, count)
	width := float64(r.wall) / float64(count)
	lanes := 0
	for _, s := range sections {
		lanes += len(s.rows)
		for _, row := range s.rows {
			spread(row.spans, width, shares)
		}
	}
	var used [stateCount]bool
	var top float32
	for c := range shares {
		var all float32
		for s := Running; s < stateCount; s++ {
			all += shares[c][s]
			used[s] = used[s] || shares[c][s] > 0
		}
		top = max(top, all)
	}
	p := newPen(title)
	p.patterns(&used)
	p.heading(fmt.Sprintf("%s: %s goroutines", svg.Fit(title, 60), thousands(lanes)), &used, settings{}, p.areaSwatch)
	bottom := lanesTop + densityHeight
	p.axis(r.wall, bottom)
	scale := densityHeight / float64(max(top, 1))
	p.countAxis(float64(top), scale, bottom)
	below := make([]float32, count)
	for s := Running; s < stateCount; s++ {
		if used[s] {
			p.area(s, shares, below, scale, bottom)
		}
	}
	p.Height = p.numbers(n, r.cut, bottom+34)
	return p.SVG()
}

// spread adds the spans' times to columns of this width in nanoseconds, so that
// each column holds the mean number of goroutines in each state.
func spread(spans []span, width float64, shares [][stateCount]float32) {
	for _, s := range spans {
		from, to := float64(s.from)/width, float64(s.to)/width
		for c := max(int(from), 0); c < len(shares) && float64(c) < to; c++ {
			shares[c][s.state] += float32(min(to, float64(c+1)) - max(from, float64(c)))
		}
	}
}

// area draws one state's layer on top of the layers below, and adds it to
// below.
func (p *pen) area(s State, shares [][stateCount]float32, below []float32, scale, bottom float64) {
	var up, back strings.Builder
	for c := range shares {
		x := lanesLeft + float64(c*densityColumn)
		below[c] += shares[c][s]
		high := bottom - float64(below[c])*scale
		if c == 0 {
			fmt.Fprintf(&up, "M%s %s", svg.Number(x), svg.Number(high))
		} else {
			fmt.Fprintf(&up, "V%.1f", high)
		}
		fmt.Fprintf(&up, "h%d", densityColumn)
	}
	for c := len(shares) - 1; c >= 0; c-- {
		low := bottom - float64(below[c]-shares[c][s])*scale
		fmt.Fprintf(&back, "V%.1fh-%d", low, densityColumn)
	}
	p.Path(up.String()+back.String()+"Z", areaStyle(s))
}

// areaStyle returns the style of an area of a state, with the state's pattern.
func areaStyle(s State) svg.Style {
	return svg.Style{Fill: fmt.Sprintf("url(#s%d)", s), Stroke: stateStyles[s].colour, StrokeWidth: 0.6}
}

// patterns defines the states' fill patterns.
func (p *pen) patterns(used *[stateCount]bool) {
	var b strings.Builder
	b.WriteString("<defs>")
	for s := Running; s < stateCount; s++ {
		if !used[s] {
			continue
		}
		k := stateStyles[s]
		fmt.Fprintf(&b, `<pattern id="s%d" width="6" height="6" patternUnits="userSpaceOnUse">`, s)
		if k.fill == "" {
			fmt.Fprintf(&b, `<path d="M0 0h6v6h-6z" fill="%s"/>`, k.colour)
		} else {
			fmt.Fprintf(&b, `<path d="M0 0h6v6h-6z" fill="%s" fill-opacity="0.22"/><path d="%s" stroke="%s" stroke-width="1.3"/>`, k.colour, k.fill, k.colour)
		}
		b.WriteString("</pattern>")
	}
	b.WriteString("</defs>\n")
	p.Markup(b.String())
}

// areaSwatch draws a swatch of a state as an area.
func (p *pen) areaSwatch(s State, x, y float64) {
	p.Path(fmt.Sprintf("M%s %sh22v11h-22z", svg.Number(x), svg.Number(y-9.5)), areaStyle(s))
}

// countAxis labels the numbers of goroutines on the left.
func (p *pen) countAxis(top, scale, bottom float64) {
	step := tickStep(int64(max(top, 1)))
	for v := int64(0); float64(v) <= top; v += step {
		y := bottom - float64(v)*scale
		p.text(lanesLeft-8, y+4, 11, "end", svg.Soft, false, thousands(int(v)))
		p.line(svg.Grid, fmt.Sprintf("M%s %sH%s", svg.Number(lanesLeft-4), svg.Number(y), svg.Number(lanesRight)))
	}
}
