package timeline

import (
	"fmt"
	"math"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
)

// mostSVG limits a picture's size. The notebook's file keeps it, one third
// larger.
const mostSVG = 150_000

// Dimensions of a picture, in pixels.
const (
	pictureWidth = 720.0
	lanesLeft    = 132.0
	lanesRight   = 704.0
	lanesTop     = 66.0
	labelRunes   = 19
	columnCount  = int(lanesRight - lanesLeft)
	mostLanes    = 240 // more lanes become a density picture
	headingSize  = 17.0
)

// SVG draws the run under a title, as a picture of at most 150 KB with a
// transparent ground: a lane for each goroutine or, for more than 240 of them, the number of
// goroutines in each state over time. Drawing 160 lanes takes some
// milliseconds.
func (r *Run) SVG(title string, options ...Option) string {
	o := collect(options)
	sections := r.sections(o)
	lanes := 0
	for _, s := range sections {
		lanes += len(s.rows)
	}
	n := r.Numbers()
	if lanes <= mostLanes {
		for _, columnWidth := range []int{1, 2, 4, 8} {
			if svg := r.drawLanes(title, n, sections, lanes, columnWidth, o); len(svg) <= mostSVG {
				return svg
			}
		}
	}
	return r.drawDensity(title, n, sections)
}

// laneHeight returns the height of each lane if there are this many.
func laneHeight(lanes int) float64 {
	switch {
	case lanes <= 1:
		return 44
	case lanes <= 3:
		return 30
	case lanes <= 8:
		return 20
	case lanes <= 24:
		return 14
	case lanes <= 48:
		return 9
	case lanes <= 90:
		return 5
	case lanes <= 160:
		return 3
	}
	return 2
}

// labelledFrom is the lane height from which each lane has its own label. Lower
// lanes share their group's label.
const labelledFrom = 9

func (r *Run) drawLanes(title string, n Numbers, sections []section, lanes, columnWidth int, o settings) string {
	p := newPen(title) // for the lanes; the heading is drawn last but comes first
	height := laneHeight(lanes)
	step := height + max(1, math.Round(height*0.3))
	var bands [stateCount]strings.Builder
	var runs [runLevels]strings.Builder
	var used [stateCount]bool
	shares := make([][stateCount]float32, columnCount/columnWidth)
	middle := map[[2]int64]float64{} // middle of each lane, by process and goroutine
	names := newInLane(height, columnWidth)

	y := lanesTop
	for i, s := range sections {
		if s.name != "" {
			p.text(16, y+12, 12, "start", svg.Ink, true, svg.Fit(s.name, 60))
			y += headingSize
		}
		free := y - 3 // where the next label may begin
		for j, row := range s.rows {
			middle[[2]int64{int64(i), row.id}] = y + height/2
			if label, n := labelOf(s.rows, j, height); n > 0 {
				size := min(12, max(height+1, 10))
				// In the middle of its lanes, or below the previous label.
				at := max(y+(float64(n)*step-step+height)/2+size*0.35, free+size)
				if at <= y+float64(n)*step+size {
					p.text(lanesLeft-8, at, size, "end", svg.Ink, false, svg.Fit(label, labelRunes))
					free = at
				}
			}
			cells := columns(row.spans, r.wall, shares)
			drawRow(cells, y, height, float64(columnWidth), &bands, &runs, &used)
			names.look(cells, y)
			y += step
		}
		y += 4
	}
	bottom := y
	head := newPen(title)
	head.heading(title, &used, o, head.bandSwatch)
	head.axis(r.wall, bottom)
	for s := stateCount - 1; s > Absent; s-- {
		p.band(s, height, bands[s].String())
	}
	for level := range runs {
		p.Path(runs[level].String(), svg.Style{Stroke: stateStyles[Running].colour, StrokeWidth: height * runHeight(uint8(level+1))})
	}
	names.draw(p, o)
	if o.wakes {
		r.drawWakes(p, middle)
	}
	head.Height = p.numbers(n, r.cut, bottom+34)
	head.Add(&p.Drawing)
	return head.SVG()
}

// labelOf returns the label to the left of a lane, and for how many lanes it
// stands: a lane's own name where there is room, otherwise its group's at the
// group's first lane.
func labelOf(rows []row, i int, height float64) (label string, lanes int) {
	if height >= labelledFrom {
		return rows[i].label, 1
	}
	if i > 0 && rows[i-1].group == rows[i].group {
		return "", 0
	}
	n := 1
	for i+n < len(rows) && rows[i+n].group == rows[i].group {
		n++
	}
	if n == 1 {
		return rows[i].label, 1
	}
	return fmt.Sprintf("%d × %s", n, svg.Fit(rows[i].group, labelRunes-6)), n
}

// runHeight returns the height of a running mark of this level, as a fraction
// of its lane.
func runHeight(level uint8) float64 {
	return 0.55 + 0.45*float64(level-1)/(runLevels-1)
}

// drawRow adds a lane's columns to the paths of their states. Adjacent columns
// of the same state are drawn together.
func drawRow(cells []cell, y, height, columnWidth float64, bands *[stateCount]strings.Builder, runs *[runLevels]strings.Builder, used *[stateCount]bool) {
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to].state == cells[from].state {
			to++
		}
		if s := cells[from].state; s != Absent {
			used[s] = true
			_, m := stateStyles[s].band(height)
			stroke(&bands[s], from, to, y+m, columnWidth)
		}
		from = to
	}
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to].run == cells[from].run {
			to++
		}
		if level := cells[from].run; level > 0 {
			used[Running] = true
			stroke(&runs[level-1], from, to, y+height/2, columnWidth)
		}
		from = to
	}
}

func stroke(b *strings.Builder, from, to int, y, columnWidth float64) {
	b.WriteString("M" + svg.Number(lanesLeft+float64(from)*columnWidth) + " " + svg.Number(y) + "h" + svg.Number(float64(to-from)*columnWidth))
}

// heading draws the title and a legend of the states in use. swatch draws a
// state's sample at (x, y).
func (p *pen) heading(title string, used *[stateCount]bool, o settings, swatch func(s State, x, y float64)) {
	p.text(16, 27, 15, "start", svg.Ink, true, svg.Fit(title, 84))
	x, y := 16.0, 44.0
	for s := Running; s < stateCount; s++ {
		if !used[s] {
			continue
		}
		name := legendName(s, o)
		width := 30 + 5.8*float64(len(name)) + 12
		if x+width > pictureWidth-8 && x > 16 {
			x, y = 16, y+13
		}
		swatch(s, x, y)
		p.text(x+27, y, 11, "start", svg.Soft, false, name)
		x += width
	}
}

// bandSwatch draws a swatch of a state as its band in a lane.
func (p *pen) bandSwatch(s State, x, y float64) {
	const height = 11.0
	_, m := stateStyles[s].band(height)
	p.band(s, height, fmt.Sprintf("M%s %sh22", svg.Number(x), svg.Number(y-height+1+m)))
}

func legendName(s State, o settings) string {
	if o.processors && s == GC {
		return "runtime and garbage collection"
	}
	return legendNames[s]
}

// legendNames are shorter than the names of the states, so that most legends
// fit on one line.
var legendNames = [stateCount]string{
	Running:  "running",
	GC:       "GC",
	Syscall:  "system call",
	Runnable: "ready to run",
	Network:  "network",
	Channel:  "channel",
	Select:   "select",
	Lock:     "lock, WaitGroup",
	Asleep:   "asleep",
	Other:    "other wait",
}

// axis draws the time axis at y and the grid above it.
func (p *pen) axis(wall int64, y float64) {
	step := tickStep(wall)
	var grid strings.Builder
	unit, digits := tickUnit(wall, step)
	for t := int64(0); t <= wall; t += step {
		x := lanesLeft + (lanesRight-lanesLeft)*float64(t)/float64(max(wall, 1))
		fmt.Fprintf(&grid, "M%s %sV%s", svg.Number(x), svg.Number(lanesTop-6), svg.Number(y+4))
		label := fmt.Sprintf("%.*f", digits, float64(t)/unit.size)
		anchor := "middle"
		if x > lanesRight-14 {
			anchor = "end"
		}
		if t == 0 {
			label += " " + unit.name
		}
		p.text(x, y+16, 11, anchor, svg.Soft, false, label)
	}
	p.line(svg.Grid, grid.String())
	p.line(svg.Grid, fmt.Sprintf("M%s %sH%s", svg.Number(lanesLeft), svg.Number(y), svg.Number(lanesRight)))
}

// tickStep returns 1, 2 or 5 times a power of ten, for about six ticks.
func tickStep(wall int64) int64 {
	if wall <= 0 {
		return 1
	}
	step := int64(math.Pow(10, math.Floor(math.Log10(max(float64(wall)/6, 1)))))
	step = max(step, 1)
	for _, m := range []int64{1, 2, 5, 10} {
		if wall/(m*step) <= 7 {
			return m * step
		}
	}
	return 10 * step
}

type timeUnit struct {
	name string
	size float64
}

func tickUnit(wall, step int64) (timeUnit, int) {
	unit := timeUnit{"µs", 1e3}
	switch {
	case wall >= 1e9:
		unit = timeUnit{"s", 1e9}
	case wall >= 1e6:
		unit = timeUnit{"ms", 1e6}
	}
	digits := 0
	for part := float64(step) / unit.size; part < 0.999 && digits < 4; part *= 10 {
		digits++
	}
	return unit, digits
}

// numbers draws the first figures below the picture and returns the picture's
// height.
func (p *pen) numbers(n Numbers, cut string, y float64) float64 {
	y += 6
	lines := n.lines()[:linesInPicture]
	if cut != "" {
		lines = append(lines, line{name: "note", value: cut})
	}
	for _, l := range lines {
		p.text(lanesLeft-8, y, 12, "end", svg.Soft, false, l.name)
		p.text(lanesLeft, y, 12, "start", svg.Ink, false, svg.Fit(l.value, 92))
		y += 17
	}
	return math.Round(y - 2)
}
