package timing

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/display"
)

// Table shows the kept results of these names, or of all, each with the
// documents' figures for the same thing. A speed-up is the time for one thing
// done, against "one after another" of the same task, settings and machine.
func Table(names ...string) {
	rows := rows(kept.all(), names)
	if len(rows) == 0 {
		display.HTML("<p>"+nothing+"</p>", nothing)
		return
	}
	display.HTML(tableHTML(rows), tableText(rows))
}

const nothing = "Nothing measured yet: run the cells above."

var heads = []string{"what", "n", "seconds", "speed-up", "the documents, in seconds"}

func (r row) cells() []string {
	n, secs := "", "not measured yet"
	if r.measured {
		n, secs = strconv.Itoa(r.N), seconds(r.Seconds)
	}
	figures := make([]string, len(r.figures))
	for i, f := range r.figures {
		figures[i] = f.String()
	}
	return []string{r.label(), n, secs, times(r.speedup), strings.Join(figures, "; ")}
}

// numeric says which columns are set to the right.
var numeric = []bool{false, true, true, true, false}

func tableHTML(rows []row) string {
	var b strings.Builder
	line := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for i, cell := range cells {
			align := "left"
			if numeric[i] {
				align = "right"
			}
			fmt.Fprintf(&b, `<%s style="text-align: %s">%s</%[1]s>`, tag, align, html.EscapeString(cell))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n<thead>\n")
	line("th", heads)
	b.WriteString("</thead>\n<tbody>\n")
	for _, r := range rows {
		line("td", r.cells())
	}
	b.WriteString("</tbody>\n</table>\n")
	for _, m := range machines(rows) {
		b.WriteString("<p>" + html.EscapeString(m) + "</p>\n")
	}
	return b.String()
}

func tableText(rows []row) string {
	lines := [][]string{heads}
	for _, r := range rows {
		lines = append(lines, r.cells())
	}
	widths := make([]int, len(heads))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, cells := range lines {
		var line strings.Builder
		for i, cell := range cells {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if numeric[i] {
				cell = gap + cell
			} else {
				cell += gap
			}
			line.WriteString(cell + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	for _, m := range machines(rows) {
		b.WriteString(m + "\n")
	}
	return b.String()
}
