package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A grid is a table of text: the first columns are words and left-aligned, the
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

// WriteText writes the report for a terminal: a block a work with its sides and
// verdicts, the growth table, what was left out, and where this was measured.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Rows {
		row := &r.Rows[i]
		b.WriteString(row.Title + "\n")
		row.sidesGrid().writeText(&b)
		for _, v := range row.Verdicts {
			fmt.Fprintf(&b, "  %-12s Go: %s%s\n", v.Result, v.Must, v.measuredAs())
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
	all := grid{words: 2}
	verdicts := grid{words: 4, head: []string{"work", "must, of Go", "measured", ""}}
	for i := range r.Rows {
		row := &r.Rows[i]
		sides := row.sidesGrid()
		all.head = append([]string{"work"}, sides.head...)
		for _, cells := range sides.rows {
			all.rows = append(all.rows, append([]string{row.Title}, cells...))
		}
		for _, v := range row.Verdicts {
			verdicts.rows = append(verdicts.rows, []string{row.Title, v.Must, v.figure(), string(v.Result)})
		}
	}
	all.writeMarkdown(&b)
	if growth := r.growthGrid(); len(growth.rows) > 1 {
		b.WriteString("\n")
		growth.writeMarkdown(&b)
	}
	if len(verdicts.rows) > 0 {
		b.WriteString("\n")
		verdicts.writeMarkdown(&b)
	}
	b.WriteString("\n" + strings.Join(r.notes(), "  \n") + "\n")
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

// notes are the lines below the tables.
func (r *Report) notes() []string {
	var lines []string
	for _, failure := range r.Failures() {
		lines = append(lines, "FAILED: "+failure)
	}
	lines = append(lines, r.Notes...)
	if r.Quick {
		lines = append(lines, "Quick sizes: they show that every side works, and no figure means anything.")
	}
	versions := "Go " + r.Versions["go"]
	for _, name := range []string{"python", "requests", "aiohttp"} {
		if version, ok := r.Versions[name]; ok {
			versions += ", " + strings.Replace(name, "python", "Python", 1) + " " + version
		}
	}
	runs := fmt.Sprintf("%d runs", r.Runs)
	if r.Runs == 1 {
		runs = "1 run"
	}
	return append(lines,
		"Go's time, memory and CPU are Go's figure ÷ that side's: minimum time and CPU, median memory. CPU is the whole process's, start-up included.",
		fmt.Sprintf("%s of each side in turn on one server that takes %v to answer; limit = ⌈downloads ÷ workers⌉ × that.", runs, latencyOf(r)),
		fmt.Sprintf("%s; %s; %s.", r.Machine, versions, r.Date.Format("2 January 2006")),
	)
}

func latencyOf(r *Report) string { return fixed(r.LatencySeconds*1000, 0) + " ms" }

// figure is what was measured, with its unit.
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

func fixed(value float64, digits int) string { return strconv.FormatFloat(value, 'f', digits, 64) }

func seconds(s float64) string { return fixed(s, 3) }

// megabytes of 1,000,000 bytes.
func megabytes(bytes int64) string { return fixed(float64(bytes)/1e6, 0) }

// ratio is empty for the side that others are compared with.
func ratio(value float64) string {
	if value == 0 {
		return ""
	}
	return fixed(value, 2) + " ×"
}

// count writes 100000 as 100,000.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
