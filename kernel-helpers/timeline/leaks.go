package timeline

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/display"
)

// A Leak is a set of goroutines that were started within the function and still
// existed when it returned, all in the same state at the same line.
type Leak struct {
	Count  int
	Name   string // the name of their lanes
	State  State
	In     string        // the function that waits, or "" if unknown
	File   string        // its file, or "" if unknown
	Line   int           // the line in File, or 0 if unknown
	Source string        // the text of that line, or "" if it can't be read
	For    time.Duration // how long the first of them had been in the state
}

// Leaks returns the goroutines that the function left behind, the largest set
// first. A goroutine that wasn't waiting and ends soon after the function is
// not a leak. The result is empty for traces without an end mark; see [Record].
func (r *Run) Leaks() []Leak {
	type key struct {
		name  string
		state State
		place int32
	}
	index := map[key]int{}
	var leaks []Leak
	for _, p := range r.processes {
		for _, l := range p.lanes {
			if l.kind != started || l.final.state == Absent {
				continue
			}
			k := key{l.name, l.final.state, l.final.place}
			i, known := index[k]
			if !known {
				i = len(leaks)
				index[k] = i
				at := r.places[k.place]
				leaks = append(leaks, Leak{Name: l.name, State: k.state, In: at.function, File: at.file, Line: at.line, Source: at.source})
			}
			leaks[i].Count++
			leaks[i].For = max(leaks[i].For, time.Duration(l.final.length()))
		}
	}
	slices.SortStableFunc(leaks, func(a, b Leak) int { return cmp.Compare(b.Count, a.Count) })
	return leaks
}

// ShowLeaks runs f and then shows which goroutines it left behind and where
// they wait. It handles panics and interrupts as [Show] does.
func ShowLeaks(title string, f func()) {
	watch(title, f, func(r *Run) {
		leaks := r.Leaks()
		display.HTML(leaksHTML(title, leaks), leaksText(title, leaks))
	})
}

func leaksHeading(title string, leaks []Leak) string {
	n := 0
	for _, l := range leaks {
		n += l.Count
	}
	return fmt.Sprintf("%s: goroutines left behind when the function returned: %s", title, thousands(n))
}

func leaksText(title string, leaks []Leak) string {
	var b strings.Builder
	b.WriteString(leaksHeading(title, leaks))
	for _, l := range leaks {
		fmt.Fprintf(&b, "\n%s × %s, %s", thousands(l.Count), l.Name, l.State)
		if where := l.where(); where != "" {
			b.WriteString(", " + where)
		}
	}
	return b.String()
}

// where describes the place of a wait: the function, and the line's text or
// number.
func (l Leak) where() string {
	switch {
	case l.In == "":
		return ""
	case l.Source != "":
		return "in " + l.In + " at: " + l.Source
	}
	return fmt.Sprintf("in %s, line %d", l.In, l.Line)
}

func leaksHTML(title string, leaks []Leak) string {
	var b strings.Builder
	b.WriteString("<p><b>" + html.EscapeString(leaksHeading(title, leaks)) + "</b></p>")
	if len(leaks) == 0 {
		return b.String()
	}
	b.WriteString("<table><tr><th>how many</th><th>goroutine</th><th>state</th><th>in</th><th>line</th><th>for</th></tr>")
	for _, l := range leaks {
		source := l.Source
		if source == "" && l.Line > 0 {
			source = fmt.Sprint(l.Line)
		}
		fmt.Fprintf(&b, "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td><code>%s</code></td><td>%s</td></tr>",
			thousands(l.Count), html.EscapeString(l.Name), l.State, html.EscapeString(l.In), html.EscapeString(source), length(l.For))
	}
	b.WriteString("</table>")
	return b.String()
}
