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
}

// shape returns the attributes of a shape.
func (s Style) shape() string {
	out := ` fill="none"`
	if s.Fill != "" {
		out = attribute("fill", s.Fill)
	}
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
