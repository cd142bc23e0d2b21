package timeline

import "example.com/speedup/kernel-helpers/base/svg"

// A pen draws the parts of a run's picture.
type pen struct {
	svg.Drawing
}

// newPen starts a picture whose height isn't known yet.
func newPen(title string) *pen {
	return &pen{svg.Drawing{Title: title, Width: pictureWidth}}
}

// text draws text with its baseline at y. The anchor is start, middle or end.
func (p *pen) text(x, y, size float64, anchor, colour string, bold bool, text string) {
	p.Text(x, y, text, svg.Style{Fill: colour, Size: size, Anchor: anchor, Bold: bold})
}

// band draws a path in the style of a state, in lanes of this height.
func (p *pen) band(s State, height float64, path string) {
	k := stateStyles[s]
	thick, _ := k.band(height)
	style := svg.Style{Stroke: k.colour, StrokeWidth: thick}
	if height >= dashFrom {
		style.Dash = k.dash
	}
	p.Path(path, style)
}

// dashFrom is the lane height from which dashes are visible. In lower lanes
// they would only make bands paler.
const dashFrom = 5

func (p *pen) line(colour string, path string) {
	p.Path(path, svg.Style{Stroke: colour, StrokeWidth: 0.7})
}
