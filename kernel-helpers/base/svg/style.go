package svg

// Style describes how a shape or a text looks. Empty fields are left out of the
// picture. A shape without Fill isn't filled, and a text without Fill is drawn
// in [Ink].
type Style struct {
	Fill, Stroke string  // CSS colours
	StrokeWidth  float64 // in pixels; 1 by default
	Dash         string  // lengths of dashes and gaps of the stroke, such as "4 3"
	Size         float64 // of a text, in pixels; 13 by default
	Anchor       string  // "start", "middle" or "end": the part of the text that is at x
	Bold         bool
	Cased        bool // a path gets an edge in [Halo], so that it can be told from any ground; use [Ink] for it
}

// casing returns the style of the wider path below a cased one.
func (s Style) casing() Style {
	width := s.StrokeWidth
	if width == 0 && s.Stroke != "" {
		width = 1
	}
	return Style{Fill: s.Fill, Stroke: Halo, StrokeWidth: width + 1.6}
}

// shape returns the attributes of a shape.
func (s Style) shape() string {
	out := ""
	if s.Cased {
		out = ` class="cased"`
	}
	fill := ` fill="none"`
	if s.Fill != "" {
		fill = attribute("fill", s.Fill)
	}
	out += fill
	if s.Stroke != "" {
		out += attribute("stroke", s.Stroke)
	}
	if s.StrokeWidth != 0 {
		out += attribute("stroke-width", Number(s.StrokeWidth))
	}
	if s.Dash != "" {
		out += attribute("stroke-dasharray", s.Dash)
	}
	return out
}

// text returns the attributes of a text.
func (s Style) text() (out string) {
	if s.Fill != "" && s.Fill != Ink {
		out = attribute("fill", s.Fill)
	}
	if s.Size != 0 {
		out += attribute("font-size", Number(s.Size))
	}
	if s.Anchor != "" && s.Anchor != "start" {
		out += attribute("text-anchor", s.Anchor)
	}
	if s.Bold {
		out += attribute("font-weight", "600")
	}
	return out
}

func attribute(name, value string) string {
	return " " + name + `="` + Escape(value) + `"`
}
