package timeline

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// strip is the run as readings in order; the first is the start, the last the
// end.
type strip []reading

func (s strip) wall() time.Duration { return s[len(s)-1].wall }
func (s strip) cpu() time.Duration  { return s[len(s)-1].cpu }

// busy is the share of wall time that the program worked: 1 is one processor
// all the time, 2 is two.
func (s strip) busy() float64 {
	if s.wall() <= 0 {
		return 0
	}
	return s.cpu().Seconds() / s.wall().Seconds()
}

// String says the picture in numbers.
func (s strip) String() string {
	b := s.busy()
	if b > 1.05 {
		return fmt.Sprintf("%.2f s, of which working on %.1f processors on average", s.wall().Seconds(), b)
	}
	work := min(100, int(100*b+0.5))
	return fmt.Sprintf("%.2f s, working %d %%, waiting %d %%", s.wall().Seconds(), work, 100-work)
}

// columns spreads the readings over n columns of equal time. Each value is the
// mean number of processors at work in its column.
func (s strip) columns(n int) []float64 {
	cols := make([]float64, n)
	width := s.wall().Seconds() / float64(n)
	if width <= 0 {
		return cols
	}
	for i := 1; i < len(s); i++ {
		from, to := s[i-1].wall.Seconds()/width, s[i].wall.Seconds()/width
		if to <= from {
			continue
		}
		cpu := (s[i].cpu - s[i-1].cpu).Seconds() / width
		for c := int(from); c < n && float64(c) < to; c++ {
			part := min(to, float64(c+1)) - max(from, float64(c))
			cols[c] += cpu * part / (to - from)
		}
	}
	return cols
}

// Sizes of the picture in SVG units, which are pixels at full width.
const (
	width, height = 700, 150
	left, right   = 20, 680
	top, bottom   = 44, 104
	columnWidth   = 4
	tickCount     = 5
	cardStyle     = `fill="#ffffff" stroke="#8a8f98"`
	textFont      = `font-family="system-ui, sans-serif" font-size="13" fill="#1f2328"`
	workStyle     = `fill="#0b5394"`
	waitStyle     = `fill="#f1f3f5" stroke="#8a8f98"`
)

// svg draws the strip: the higher a column, the more of the processors was
// used in that moment.
func (s strip) svg(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`, width, height, width, height)
	fmt.Fprintf(&b, `<title>%s</title>`, html.EscapeString(title+": "+s.String()))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="6" %s/>`, width-1, height-1, cardStyle)
	fmt.Fprintf(&b, `<text x="%d" y="26" font-weight="600" %s>%s</text>`, left, textFont, html.EscapeString(title))
	legend(&b)
	fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" %s/>`, left, top, right-left, bottom-top, waitStyle)
	s.drawWork(&b)
	s.drawAxis(&b)
	b.WriteString(`</svg>`)
	return b.String()
}

func legend(b *strings.Builder) {
	fmt.Fprintf(b, `<rect x="520" y="16" width="12" height="12" %s/><text x="537" y="26" %s>working</text>`, workStyle, textFont)
	fmt.Fprintf(b, `<rect x="602" y="16" width="12" height="12" %s/><text x="619" y="26" %s>waiting</text>`, waitStyle, textFont)
}

func (s strip) drawWork(b *strings.Builder) {
	cols := s.columns((right - left) / columnWidth)
	// The track is as high as the processors that were busy on average, at
	// least one. The system books processor time in lumps, so single columns
	// may exceed what was there to use: they are cut off.
	full := max(1, math.Ceil(s.busy()-0.05))
	b.WriteString(`<path ` + workStyle + ` d="`)
	for i, c := range cols {
		h := min(1, c/full) * (bottom - top)
		if h < 0.5 {
			continue
		}
		fmt.Fprintf(b, "M%d %dv%.1fh%dv%.1fz", left+i*columnWidth, bottom, -h, columnWidth, h)
	}
	b.WriteString(`"/>`)
}

func (s strip) drawAxis(b *strings.Builder) {
	for i := range tickCount + 1 {
		x := left + (right-left)*i/tickCount
		t := s.wall() * time.Duration(i) / tickCount
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case tickCount:
			anchor = "end"
		}
		fmt.Fprintf(b, `<path stroke="#8a8f98" d="M%d %dv5"/><text x="%d" y="%d" text-anchor="%s" %s>%.2f s</text>`, x, bottom, x, bottom+20, anchor, textFont, t.Seconds())
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" %s>%s</text>`, left, height-8, textFont, html.EscapeString(s.String()))
}
