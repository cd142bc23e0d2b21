// Package svg draws SVG pictures.
package svg

import (
	"fmt"
	"strings"
)

// A Drawing is an SVG picture that is written piece by piece. Lengths are in
// pixels, and coordinates start at the top left corner. Text is escaped, and
// characters that XML doesn't allow are replaced, so the result is always
// well-formed.
//
// The background is transparent. A picture in an <img> can't know JupyterLab's
// theme, so it must be readable on a light and on a dark ground: shapes need
// colours of medium brightness, and text, for which no single colour has enough
// contrast with both, gets an outline in [Halo].
//
// The fields may be set at any time before SVG is called.
type Drawing struct {
	Width, Height float64
	Title         string // the picture's accessible name

	body strings.Builder
}

// Colours for drawings. Ink and Soft are for text and have a contrast of at
// least 4.5:1 with Halo. Grid is for lines and has at least 3:1 with white and
// with the grounds of JupyterLab's dark theme.
const (
	Ink  = "#1f2328" // text
	Soft = "#59636e" // notes
	Halo = "#ffffff" // the outline of texts and cased lines
	Grid = "#7d8590" // axes and fine lines
)

// Rect draws a rectangle.
func (d *Drawing) Rect(x, y, width, height float64, s Style) {
	d.body.WriteString(rect(x, y, width, height, s))
}

func rect(x, y, width, height float64, s Style) string {
	return `<rect x="` + Number(x) + `" y="` + Number(y) +
		`" width="` + Number(max(width, 0)) + `" height="` + Number(max(height, 0)) + `"` + s.shape() + "/>\n"
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
		if s.Cased {
			d.body.WriteString(`<path class="casing"` + s.casing().shape() + ` d="` + data + "\"/>\n")
		}
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
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" `+
		`font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="%[3]s" role="img">`+
		"\n<title>%[4]s</title>\n<style>%[5]s</style>\n%[6]s</svg>\n", Number(d.Width), Number(d.Height), Ink, Escape(d.Title), outline, d.body.String())
}

// outline gives each text an outline in [Halo]. Programs that can't draw it below
// the letters leave it out.
const outline = "@supports (paint-order:stroke){text{paint-order:stroke;stroke:" + Halo + ";stroke-width:4px;stroke-linejoin:round}}"
