package stats

import (
	"encoding/base64"
	"fmt"
	"html/template"

	"example.com/speedup/kernel-helpers/base/svg"
)

// picture is a chart for an <img>, with a text for readers who can't see it.
type picture struct {
	Source        template.URL
	Alt           string
	Width, Height int // in pixels
}

func newPicture(d *svg.Drawing) picture {
	return picture{
		Source: template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(d.SVG()))), // base64 needs no escaping
		Alt:    d.Title, Width: int(d.Width), Height: int(d.Height),
	}
}

// Sizes of charts, in pixels.
const (
	chartWidth = 720
	labelWidth = 250
	valueWidth = 90
	rowHeight  = 26
	barHeight  = 16
)

// Colours of medium brightness, which show on light and dark grounds.
var (
	bar = svg.Style{Fill: "#0969da"}
	box = svg.Style{Fill: "#8ec5ff", Stroke: "#0969da"}
)

// testsChart draws a bar for each test: how many students passed.
func (e Exercise) testsChart() picture {
	d := &svg.Drawing{Width: chartWidth, Height: float64(8 + rowHeight*len(e.Tests)), Title: "Passed tests of " + e.Name + "."}
	const width = chartWidth - labelWidth - valueWidth
	for i, t := range e.Tests {
		y := float64(4 + rowHeight*i)
		name := t.Name
		if t.Hidden {
			name += " (hidden)"
		}
		d.Title += fmt.Sprintf(" %s: %d of %d.", name, t.Passed, t.Of)
		d.Text(labelWidth-8, y+13, svg.Fit(name, 34), svg.Style{Anchor: "end", Size: 12})
		d.Rect(labelWidth, y, width, barHeight, svg.Style{Stroke: svg.Grid})
		d.Rect(labelWidth, y, width*t.Share(), barHeight, bar)
		d.Text(labelWidth+width+8, y+13, fmt.Sprintf("%d of %d", t.Passed, t.Of), svg.Style{Size: 12})
	}
	return newPicture(d)
}

// spreadChart draws a box plot for each exercise, on a scale of its points.
func (s Stats) spreadChart() picture {
	d := &svg.Drawing{Width: chartWidth, Height: float64(30 + rowHeight*len(s.Exercises)), Title: "The spread of points."}
	const width = chartWidth - labelWidth - valueWidth
	for i, e := range s.Exercises {
		y := float64(4 + rowHeight*i)
		x := func(points float64) float64 {
			if e.MaxScore == 0 {
				return labelWidth
			}
			return labelWidth + width*points/e.MaxScore
		}
		p := e.Score
		d.Title += fmt.Sprintf(" %s, of %.4g: from %.4g to %.4g, half between %.4g and %.4g, median %.4g.", e.Name, e.MaxScore, p.Min, p.Max, p.Q1, p.Q3, p.Median)
		middle := y + barHeight/2
		d.Text(labelWidth-8, y+13, svg.Fit(e.Name, 34), svg.Style{Anchor: "end", Size: 12})
		d.Line(labelWidth, middle, labelWidth+width, middle, svg.Style{Stroke: svg.Grid, Dash: "1 4"})
		d.Line(x(p.Min), middle, x(p.Max), middle, svg.Style{Stroke: "#0969da", StrokeWidth: 2})
		for _, end := range []float64{p.Min, p.Max} {
			d.Line(x(end), y+3, x(end), y+barHeight-3, svg.Style{Stroke: "#0969da", StrokeWidth: 2})
		}
		d.Rect(x(p.Q1), y, x(p.Q3)-x(p.Q1), barHeight, box)
		d.Path(fmt.Sprintf("M%s %sv%d", svg.Number(x(p.Median)), svg.Number(y), barHeight), svg.Style{Stroke: svg.Ink, StrokeWidth: 2, Cased: true})
		d.Text(labelWidth+width+8, y+13, fmt.Sprintf("%.4g of %.4g", p.Median, e.MaxScore), svg.Style{Size: 12})
	}
	bottom := float64(rowHeight*len(s.Exercises)) + 20
	d.Text(labelWidth, bottom, "0", svg.Style{Fill: svg.Soft, Size: 12})
	d.Text(labelWidth+width, bottom, "all points", svg.Style{Fill: svg.Soft, Size: 12, Anchor: "end"})
	return newPicture(d)
}
