package timeline

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"
)

// String returns the figures in words, one per line. The lines are the same for
// all runs, so that two of them can be compared.
func (n Numbers) String() string {
	var b strings.Builder
	for i, l := range n.lines() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.name + ": " + l.value)
	}
	return b.String()
}

// A line is a figure in words, with what it means.
type line struct{ name, value, meaning string }

// linesInPicture is how many figures, from the first, a picture shows. The
// others are folded away below it.
const linesInPicture = 3

func (n Numbers) lines() []line {
	what := "with work under way"
	if n.ByRegions {
		what = "inside a region"
	}
	busy := fmt.Sprintf("%.2f on average, %d at most", n.AverageBusy, n.MostBusy)
	switch {
	case n.Processes > 1:
		busy += fmt.Sprintf(", by %d processes that share %d", n.Processes, n.Processors)
	case n.Processors > 0:
		busy += fmt.Sprintf(", of %d", n.Processors)
	}
	longest := "none"
	if n.LongestState != Absent {
		longest = length(n.Longest) + " " + n.LongestState.String()
		if n.LongestIn != "" {
			longest += ", in " + n.LongestIn
		}
	}
	return []line{
		{"time", length(n.Wall), "from the call of the function to its return"},
		{"in flight", fmt.Sprintf("%s at most, %.1f on average (goroutines %s)", thousands(n.MostInFlight), n.AverageInFlight, what),
			"how many goroutines were at work at the same moment, whether they computed or waited for an answer"},
		{"goroutines' time", fmt.Sprintf("waiting %s, running %s, ready to run %s", percent(n.Waiting), percent(n.Running), percent(n.Runnable)),
			"what the goroutines did, as shares of all their time; one that is ready to run waits only for a free processor"},
		{"processors busy", busy, "how many processors ran some goroutine, also one of Go's runtime, at the same moment"},
		{"goroutines started", fmt.Sprintf("%s, and %s by libraries; left at the end: %s", thousands(n.Started), thousands(n.Libraries), thousands(n.Left)),
			"libraries start goroutines of their own, net/http two for each connection; one that is left at the end may have leaked"},
		{"switches", thousands(n.Switches), "how often a processor took up one of these goroutines"},
		{"longest wait", longest, "of one goroutine, for anything but a processor"},
	}
}

// html returns all figures with their meanings, folded away.
func (n Numbers) html() string {
	var b strings.Builder
	b.WriteString("<details><summary>All figures, and what they mean</summary>\n<table>\n")
	for _, l := range n.lines() {
		fmt.Fprintf(&b, `<tr><th style="text-align: left">%s</th><td style="text-align: left">%s</td><td style="text-align: left">%s</td></tr>`+"\n",
			html.EscapeString(l.name), html.EscapeString(l.value), html.EscapeString(l.meaning))
	}
	b.WriteString("</table>\n</details>")
	return b.String()
}

// length formats a duration with two or three significant digits.
func length(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s >= 10:
		return fmt.Sprintf("%.1f s", s)
	case s >= 1:
		return fmt.Sprintf("%.2f s", s)
	case s >= 1e-3:
		return three(s*1e3) + " ms"
	}
	return three(s*1e6) + " µs"
}

// three formats v with three significant digits.
func three(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// percent formats a fraction as a percentage.
func percent(part float64) string {
	if p := 100 * part; p > 0 && p < 10 || p > 90 && p < 100 {
		return strconv.FormatFloat(math.Round(10*p)/10, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(100*part, 'f', 0, 64) + " %"
}

// thousands formats n with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
