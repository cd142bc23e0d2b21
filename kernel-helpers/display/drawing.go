package display

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Drawing is an SVG picture written piece by piece. Lengths are in pixels,
// from the top left corner. It brings its own light card as background, with
// colours chosen against that card, because a picture in an <img> can't see
// whether JupyterLab's theme is light or dark. Text is escaped, and what XML
// can't hold is replaced, so the result is always well-formed.
type Drawing struct {
	width, height int
	title         string
	body          strings.Builder
}

// Colours that keep a contrast of at least 4.5 : 1 with a drawing's card.
const (
	Ink  = "#1f2328" // text and lines
	Soft = "#59636e" // axes and notes
	Card = "#ffffff" // the background
)

// NewDrawing starts a picture of this size; title is its accessible name.
func NewDrawing(width, height int, title string) *Drawing {
	d := &Drawing{width: width, height: height, title: title}
	d.Rect(0.5, 0.5, float64(width)-1, float64(height)-1, Style{Fill: Card, Stroke: "#d1d9e0"})
	return d
}

// Style is how a shape or a text looks. What is left empty is left out, except
// that a shape without Fill has none and a text without Fill is in [Ink].
type Style struct {
	Fill, Stroke string  // CSS colours
	Dash         string  // dashes and gaps of the stroke, as "4 3"
	Size         float64 // of a text, in pixels; 13 when left out
	Anchor       string  // "start", "middle" or "end" of a text is at x
	Bold         bool
}

// Rect draws a rectangle.
func (d *Drawing) Rect(x, y, width, height float64, s Style) {
	d.body.WriteString(`<rect x="` + number(x) + `" y="` + number(y) +
		`" width="` + number(max(width, 0)) + `" height="` + number(max(height, 0)) + `"` + s.shape() + "/>\n")
}

// Line draws a line.
func (d *Drawing) Line(x1, y1, x2, y2 float64, s Style) {
	d.body.WriteString(`<line x1="` + number(x1) + `" y1="` + number(y1) +
		`" x2="` + number(x2) + `" y2="` + number(y2) + `"` + s.shape() + "/>\n")
}

// Text writes text with its baseline at y.
func (d *Drawing) Text(x, y float64, text string, s Style) {
	d.body.WriteString(`<text x="` + number(x) + `" y="` + number(y) + `"`)
	if s.Fill != "" {
		d.attribute("fill", s.Fill)
	}
	if s.Size != 0 {
		d.attribute("font-size", number(s.Size))
	}
	if s.Anchor != "" {
		d.attribute("text-anchor", s.Anchor)
	}
	if s.Bold {
		d.attribute("font-weight", "600")
	}
	d.body.WriteString(">" + escape(text) + "</text>\n")
}

// SVG returns the whole document.
func (d *Drawing) SVG() string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" `+
		`font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="%[3]s" role="img">`+
		"\n<title>%[4]s</title>\n%[5]s</svg>\n", d.width, d.height, Ink, escape(d.title), d.body.String())
}

func (d *Drawing) attribute(name, value string) {
	d.body.WriteString(" " + name + `="` + escape(value) + `"`)
}

func (s Style) shape() string {
	out := ` fill="none"`
	if s.Fill != "" {
		out = ` fill="` + escape(s.Fill) + `"`
	}
	if s.Stroke != "" {
		out += ` stroke="` + escape(s.Stroke) + `"`
	}
	if s.Dash != "" {
		out += ` stroke-dasharray="` + escape(s.Dash) + `"`
	}
	return out
}

// number writes v with at most two digits after the point: a hundredth of a
// pixel is finer than any screen, and pictures are kept in the notebook.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// escape makes text safe inside XML text and attributes.
func escape(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		// XML 1.0, section 2.2: the characters that a document may hold.
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return utf8.RuneError
	}, text))
}
