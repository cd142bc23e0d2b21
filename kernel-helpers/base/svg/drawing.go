// Package svg draws SVG pictures.
package svg

import (
	"fmt"
	"strings"
)

// A Drawing is an SVG picture that is written piece by piece. Lengths are in
// pixels, and coordinates start at the top left corner. The background is a
// light card, and the colours are chosen for it, because a picture in an <img>
// can't adapt to JupyterLab's theme. Text is escaped, and characters that XML
// doesn't allow are replaced, so the result is always well-formed.
//
// The fields may be set at any time before SVG is called.
type Drawing struct {
	Width, Height float64
	Title         string  // the picture's accessible name
	Radius        float64 // of the card's corners

	body strings.Builder
}

// Colours for drawings. Ink and Soft have a contrast of at least 4.5:1 with
// Card.
const (
	Ink  = "#1f2328" // text and lines
	Soft = "#59636e" // axes and notes
	Card = "#ffffff" // the background
	Grid = "#d1d9e0" // fine lines, and the card's edge
)

// Rect draws a rectangle.
func (d *Drawing) Rect(x, y, width, height float64, s Style) {
	d.body.WriteString(rect(x, y, width, height, 0, s))
}

func rect(x, y, width, height, radius float64, s Style) string {
	corners := ""
	if radius > 0 {
		corners = ` rx="` + Number(radius) + `"`
	}
	return `<rect x="` + Number(x) + `" y="` + Number(y) +
		`" width="` + Number(max(width, 0)) + `" height="` + Number(max(height, 0)) + `"` + corners + s.shape() + "/>\n"
}

// Line draws a line.
func (d *Drawing) Line(x1, y1, x2, y2 float64, s Style) {
	d.body.WriteString(`<line x1="` + Number(x1) + `" y1="` + Number(y1) +
		`" x2="` + Number(x2) + `" y2="` + Number(y2) + `"` + s.shape() + "/>\n")
}

// Path draws a path, which can hold thousands of lines in few bytes. data is
// SVG path data and isn't escaped. An empty path draws nothing.
func (d *Drawing) Path(data string, s Style) {
	if data != "" {
		d.body.WriteString("<path" + s.shape() + ` d="` + data + "\"/>\n")
	}
}

// Text writes text with its baseline at y.
func (d *Drawing) Text(x, y float64, text string, s Style) {
	d.body.WriteString(`<text x="` + Number(x) + `" y="` + Number(y) + `"` + s.text() + ">" + Escape(text) + "</text>\n")
}

// Markup adds SVG elements, such as definitions, without escaping them.
func (d *Drawing) Markup(elements string) { d.body.WriteString(elements) }

// Add adds everything that has been drawn in another drawing.
func (d *Drawing) Add(other *Drawing) { d.body.WriteString(other.body.String()) }

// SVG returns the SVG document.
func (d *Drawing) SVG() string {
	card := rect(0.5, 0.5, d.Width-1, d.Height-1, d.Radius, Style{Fill: Card, Stroke: Grid})
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" `+
		`font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="%[3]s" role="img">`+
		"\n<title>%[4]s</title>\n%[5]s%[6]s</svg>\n", Number(d.Width), Number(d.Height), Ink, Escape(d.Title), card, d.body.String())
}
