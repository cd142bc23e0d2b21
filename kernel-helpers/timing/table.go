package timing

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/display"
)

// Table shows the results with these names, or all results. A name may be
// followed by the settings, as the table writes them: "5 workers (pages blog)".
// One column for each document shows its own figure for the same work. The
// speed-up is the time per item compared with "one after another" of the same
// task, settings and machine. Results of other machines are marked, and so are
// those with settings that no name asks for.
func Table(names ...string) {
	rows := marked(rows(kept.all(), names), names, thisMachine())
	if len(rows) == 0 {
		display.HTML("<p>"+nothingMeasured+"</p>", nothingMeasured)
		return
	}
	t := newTable(rows)
	display.HTML(t.html(), t.text())
}

// Summary is [Table] for these names, with all other results below it, folded
// away.
func Summary(names ...string) {
	first, rest := summary(kept.all(), names, thisMachine())
	markup, text := first.html(), first.text()
	if n := len(rest.lines) - 1; n > 0 {
		head := fmt.Sprintf("All other results: %d", n)
		markup += "<details><summary>" + head + "</summary>\n" + rest.html() + "</details>\n"
		text += "\n" + head + "\n\n" + rest.text()
	}
	display.HTML(markup, text)
}

// summary returns the table of the results with these names, and that of the
// others.
func summary(all []Result, names []string, here Machine) (first, rest table) {
	shown := rows(all, names)
	others := slices.DeleteFunc(rows(all, nil), func(r row) bool {
		return slices.ContainsFunc(shown, func(s row) bool { return s.label() == r.label() })
	})
	return newTable(marked(shown, names, here)), newTable(marked(others, nil, here))
}

const nothingMeasured = "Nothing measured yet: run the cells above."

// A table is the text to show. The first column is left-aligned text; the
// others are numbers.
type table struct {
	lines [][]string // the first line holds the heads
	notes []string   // shown below the table
}

func newTable(rows []row) table {
	used := slices.DeleteFunc(slices.Clone(sources), func(source string) bool {
		return !slices.ContainsFunc(rows, func(r row) bool { return r.given(source) != nil })
	})
	heads := []string{"what", "n", "seconds", "speed-up"}
	for _, source := range used {
		heads = append(heads, source+", s")
	}
	t := table{lines: [][]string{heads}}
	for _, r := range rows {
		n, secs := "", "not measured yet"
		if r.measured {
			n, secs = strconv.Itoa(r.N), seconds(r.Seconds)
		}
		cells := []string{r.label() + r.mark, n, secs, times(r.speedup)}
		for _, source := range used {
			cells = append(cells, t.figure(r.given(source)))
		}
		t.lines = append(t.lines, cells)
	}
	if len(used) > 0 {
		t.notes = append(t.notes, strings.Join(used, ", ")+": seconds that they give for the same, in Python, on other machines and networks.")
	}
	for _, m := range markNotes {
		if slices.ContainsFunc(rows, func(r row) bool { return strings.Contains(r.mark, m.mark) }) {
			t.notes = append(t.notes, m.mark+" "+m.note)
		}
	}
	t.notes = append(t.notes, machines(rows)...)
	return t
}

// figure returns a document's time as text. It adds the figure's note to the
// table's notes.
func (t *table) figure(f *figure) string {
	if f == nil {
		return ""
	}
	cell := strconv.FormatFloat(f.seconds, 'f', -1, 64)
	if point := strings.IndexByte(cell, '.'); point >= 0 && len(cell)-point == 2 {
		cell += "0" // 6.90, as in the document
	}
	if f.note == "" {
		return cell
	}
	mark := strings.Repeat("*", len(t.notes)+1)
	t.notes = append(t.notes, mark+" "+f.source+": "+f.note+".")
	return cell + mark
}

func (t table) html() string {
	var b strings.Builder
	line := func(tag string, cells []string) {
		b.WriteString("<tr>")
		align := "left"
		for _, cell := range cells {
			fmt.Fprintf(&b, `<%s style="text-align: %s">%s</%[1]s>`, tag, align, html.EscapeString(cell))
			align = "right"
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n<thead>\n")
	line("th", t.lines[0])
	b.WriteString("</thead>\n<tbody>\n")
	for _, cells := range t.lines[1:] {
		line("td", cells)
	}
	b.WriteString("</tbody>\n</table>\n")
	for _, note := range t.notes {
		b.WriteString("<p>" + html.EscapeString(note) + "</p>\n")
	}
	return b.String()
}

func (t table) text() string {
	widths := make([]int, len(t.lines[0]))
	for _, cells := range t.lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, cells := range t.lines {
		var line strings.Builder
		for i, cell := range cells {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				cell = gap + cell
			} else {
				cell += gap
			}
			line.WriteString(cell + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	for _, note := range t.notes {
		b.WriteString(note + "\n")
	}
	return b.String()
}
