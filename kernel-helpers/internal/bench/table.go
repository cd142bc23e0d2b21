package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A grid is a table of text. The first columns are words and left-aligned; the
// others are figures and right-aligned.
type grid struct {
	words int
	head  []string
	rows  [][]string
}

func (g grid) writeText(b *strings.Builder) {
	widths := make([]int, len(g.head))
	for _, row := range append([][]string{g.head}, g.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range append([][]string{g.head}, g.rows...) {
		line := "  "
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line += "  "
			}
			if i < g.words {
				line += cell + space
			} else {
				line += space + cell
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (g grid) writeMarkdown(b *strings.Builder) {
	writeRow := func(cells []string) {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	writeRow(g.head)
	b.WriteString(strings.Repeat("|---", g.words) + strings.Repeat("|---:", len(g.head)-g.words) + "|\n")
	for _, row := range g.rows {
		for i, cell := range row {
			row[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		writeRow(row)
	}
}

// WriteText writes the report for a terminal: a block for each work with its
// sides and verdicts, the growth table, what was left out, and where this was
// measured.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Rows {
		row := &r.Rows[i]
		b.WriteString(row.Title + "\n")
		if row.Steps > 0 {
			row.stepsGrid().writeText(&b)
		} else {
			row.sidesGrid().writeText(&b)
		}
		for _, v := range row.Verdicts {
			fmt.Fprintf(&b, "  %-12s Go: %s%s\n", v.Result, v.Requirement, v.measuredAs())
		}
		b.WriteString("\n")
	}
	if growth := r.growthGrid(); len(growth.rows) > 1 {
		b.WriteString("Growth, Go\n")
		growth.writeText(&b)
		b.WriteString("\n")
	}
	for _, line := range r.notes() {
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the report as Markdown tables.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	all, steps := grid{words: 2}, grid{words: 2}
	verdicts := grid{words: 4, head: []string{"work", "requirement of Go", "measured", ""}}
	for i := range r.Rows {
		row := &r.Rows[i]
		sides, whole := row.sidesGrid(), &all
		if row.Steps > 0 {
			sides, whole = row.stepsGrid(), &steps
		}
		whole.head = append([]string{"work"}, sides.head...)
		for _, cells := range sides.rows {
			whole.rows = append(whole.rows, append([]string{row.Title}, cells...))
		}
		for _, v := range row.Verdicts {
			verdicts.rows = append(verdicts.rows, []string{row.Title, v.Requirement, v.figure(), string(v.Result)})
		}
	}
	growth := r.growthGrid()
	if len(growth.rows) == 1 {
		growth.rows = nil // a single row shows no growth
	}
	for _, table := range []grid{all, growth, steps, verdicts} {
		if len(table.rows) > 0 {
			table.writeMarkdown(&b)
			b.WriteString("\n")
		}
	}
	b.WriteString(strings.Join(r.notes(), "  \n") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Row) sidesGrid() grid {
	g := grid{words: 1, head: []string{"side", "limit s", "min s", "median s", "× limit", "Go's time", "peak MB", "Go's memory", "requests/s", "CPU s", "Go's CPU"}}
	for _, m := range r.Measured {
		if !m.measured() {
			why := "skipped"
			if m.Failed != "" {
				why = "FAILED"
			}
			g.rows = append(g.rows, []string{m.Title, "", why, "", "", "", "", "", "", "", ""})
			continue
		}
		g.rows = append(g.rows, []string{
			m.Title, seconds(m.LimitSeconds), seconds(m.MinSeconds), seconds(m.MedianSeconds), fixed(m.TimesLimit, 3),
			ratio(m.GoTime), megabytes(m.PeakBytes), ratio(m.GoMemory), count(int(m.PerSecond)), fixed(m.CPUSeconds, 2), ratio(m.GoCPU),
		})
	}
	return g
}

// stepsGrid shows times in the work's unit, which is part of the cell, because
// works with different units share one Markdown table.
func (r *Row) stepsGrid() grid {
	g := grid{words: 1, head: []string{"side", "min", "median", "runs", "Go's time", "peak MB", "Go's memory", "CPU s"}}
	for _, m := range r.Measured {
		if !m.measured() {
			why := "skipped"
			if m.Failed != "" {
				why = "FAILED"
			}
			g.rows = append(g.rows, []string{m.Title, why, "", "", "", "", "", ""})
			continue
		}
		inUnit := func(s float64) string { return figures(s*r.Unit.times(r.Steps), 3) + " " + string(r.Unit) }
		g.rows = append(g.rows, []string{
			m.Title, inUnit(m.MinSeconds), inUnit(m.MedianSeconds), count(len(m.Samples)), ratio(m.GoTime),
			megabytes(m.PeakBytes), ratio(m.GoMemory), fixed(m.CPUSeconds, 2),
		})
	}
	return g
}

func (r *Report) growthGrid() grid {
	g := grid{head: []string{"downloads", "in flight", "limit s", "min s", "× limit", "peak MB", "requests/s"}}
	for _, row := range r.Rows {
		f := row.figures("go")
		if !row.InGrowth || !f.measured() {
			continue
		}
		inFlight := row.Sides[0].Workers
		if inFlight == 0 {
			inFlight = row.Downloads
		}
		g.rows = append(g.rows, []string{
			count(row.Downloads), count(inFlight), seconds(f.LimitSeconds), seconds(f.MinSeconds), fixed(f.TimesLimit, 2),
			megabytes(f.PeakBytes), count(int(f.PerSecond)),
		})
	}
	return g
}

// notes returns the lines below the tables.
func (r *Report) notes() []string {
	var lines []string
	for _, failure := range r.Failures() {
		lines = append(lines, "FAILED: "+failure)
	}
	lines = append(lines, r.Notes...)
	if r.Quick {
		lines = append(lines, "Quick sizes: these show that every side works, but the figures mean nothing.")
	}
	versions := "Go " + r.Versions["go"]
	for _, name := range []string{"python", "requests", "aiohttp", "numpy", "cc"} {
		if version, ok := r.Versions[name]; ok {
			if name == "cc" { // it contains the compiler's name
				versions += ", " + version
				continue
			}
			versions += ", " + strings.Replace(name, "python", "Python", 1) + " " + version
		}
	}
	runs := fmt.Sprintf("%d runs", r.Runs)
	if r.Runs == 1 {
		runs = "1 run"
	}
	return append(lines,
		"Go's time, memory and CPU are Go's figure ÷ that side's: minimum time and CPU, median memory. In works with several Go sides, Go's figure is that of the first. CPU is that of all processes of a side, including start-up; peak MB is that of the largest of them, and never below this program's own size.",
		fmt.Sprintf("%s of each side (unless the table says otherwise), in turn, on one server that takes %v to answer; limit = ⌈downloads ÷ workers⌉ × that time.", runs, latencyOf(r)),
		fmt.Sprintf("%s; %s; %s.", r.Machine, versions, r.Date.Format("2 January 2006")),
	)
}

func latencyOf(r *Report) string { return fixed(r.LatencySeconds*1000, 0) + " ms" }

// figure returns the measured value with its unit.
func (v Verdict) figure() string {
	if v.Result == NotMeasured {
		return ""
	}
	figure := fixed(v.Value, 3) + " " + v.Unit
	if v.OutOfReach != "" {
		figure += "; " + v.OutOfReach
	}
	return figure
}

func (v Verdict) measuredAs() string {
	if v.Result == NotMeasured {
		return ""
	}
	return " (" + v.figure() + ")"
}

// figures formats a value with at least n significant digits.
func figures(value float64, n int) string {
	digits := n - 1
	for v := value; v >= 10 && digits > 0; v /= 10 {
		digits--
	}
	for v := value; v > 0 && v < 1 && digits < 9; v *= 10 {
		digits++
	}
	return fixed(value, digits)
}

func fixed(value float64, digits int) string { return strconv.FormatFloat(value, 'f', digits, 64) }

func seconds(s float64) string { return fixed(s, 3) }

// megabytes formats bytes in units of 1,000,000 bytes.
func megabytes(bytes int64) string { return fixed(float64(bytes)/1e6, 0) }

// ratio formats a ratio; it is empty for the side with which the others are
// compared.
func ratio(value float64) string {
	if value == 0 {
		return ""
	}
	if value < 0.1 {
		return figures(value, 2) + " ×"
	}
	return fixed(value, 2) + " ×"
}

// count formats n with commas, such as 100,000.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
