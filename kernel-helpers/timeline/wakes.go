package timeline

import (
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
)

// mostWakes is how many wake-ups are drawn; more couldn't be told apart.
const mostWakes = 250

// drawWakes draws an arrow from each lane that woke another to the lane that it
// woke. If the waking lane isn't drawn, such as one of net/http, the woken lane
// gets a mark above it.
func (r *Run) drawWakes(p *pen, middle map[[2]int64]float64) {
	var lines, heads, marks strings.Builder
	drawn, all := 0, 0
	for i := range r.processes {
		for _, w := range r.processes[i].wakes {
			to, ok := middle[[2]int64{int64(i), w.to}]
			if !ok {
				continue
			}
			if all++; drawn == mostWakes {
				continue
			}
			drawn++
			x := lanesLeft + (lanesRight-lanesLeft)*float64(w.at)/float64(max(r.wall, 1))
			from, ok := middle[[2]int64{int64(i), w.from}]
			if !ok {
				fmt.Fprintf(&marks, "M%s %sl-2 -4h4z", svg.Number(x), svg.Number(to))
				continue
			}
			tip := 4.0
			if from > to {
				tip = -4
			}
			fmt.Fprintf(&lines, "M%s %sV%s", svg.Number(x), svg.Number(from), svg.Number(to))
			fmt.Fprintf(&heads, "M%s %sl-2.5 %sh5z", svg.Number(x), svg.Number(to), svg.Number(-tip))
		}
	}
	p.Path(lines.String(), svg.Style{Stroke: svg.Ink, StrokeWidth: 0.8, Cased: true})
	p.Path(heads.String(), svg.Style{Fill: svg.Ink, Cased: true})
	p.Path(marks.String(), svg.Style{Stroke: svg.Ink, StrokeWidth: 0.7, Cased: true})
	note := fmt.Sprintf("arrows: %s wake-ups", thousands(drawn))
	if all > drawn {
		note = fmt.Sprintf("arrows: the first %s of %s wake-ups", thousands(drawn), thousands(all))
	}
	p.text(lanesRight, 27, 11, "end", svg.Soft, false, note)
}
