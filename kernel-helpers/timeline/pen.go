package timeline

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/display"
)

// A pen writes an SVG picture on a card of its own colours. It differs from
// [display.Drawing] by paths, which say thousands of spans in few bytes.
type pen struct {
	body strings.Builder
}

const gridColour = "#d1d9e0"

// text writes text with its baseline at y; anchor is start, middle or end.
func (p *pen) text(x, y, size float64, anchor, colour string, bold bool, text string) {
	p.body.WriteString(`<text x="` + pixels(x) + `" y="` + pixels(y) + `" font-size="` + pixels(size) + `"`)
	if anchor != "start" {
		p.body.WriteString(` text-anchor="` + anchor + `"`)
	}
	if colour != display.Ink {
		p.body.WriteString(` fill="` + colour + `"`)
	}
	if bold {
		p.body.WriteString(` font-weight="600"`)
	}
	p.body.WriteString(">" + escape(text) + "</text>\n")
}

// band strokes a path in a state's look; height is the lane's.
func (p *pen) band(s State, height float64, path string) {
	if path == "" {
		return
	}
	k := looks[s]
	thick, _ := k.band(height)
	p.body.WriteString(`<path stroke="` + k.colour + `" stroke-width="` + pixels(thick) + `"`)
	if k.dash != "" && height >= dashFrom {
		p.body.WriteString(` stroke-dasharray="` + k.dash + `"`)
	}
	p.body.WriteString(` d="` + path + "\"/>\n")
}

// dashFrom is the height of a lane from which dashes can be seen. Below it they
// would only make bands pale.
const dashFrom = 5

func (p *pen) line(colour string, path string) {
	p.body.WriteString(`<path stroke="` + colour + `" d="` + path + "\"/>\n")
}

// svg closes the picture.
func (p *pen) svg(width, height float64, title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" `+
		`font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" fill="%[3]s" role="img">`+
		"\n<title>%[4]s</title>\n"+`<rect x="0.5" y="0.5" width="%[5]s" height="%[6]s" rx="6" fill="%[7]s" stroke="%[8]s"/>`+"\n%[9]s</svg>\n",
		pixels(width), pixels(height), display.Ink, escape(title), pixels(width-1), pixels(height-1), display.Card, gridColour, p.body.String())
}

// pixels writes a length with at most two digits after the point.
func pixels(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes text safe inside XML.
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

// fit shortens text to a number of characters.
func fit(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:max(most-1, 0)]) + "…"
}
