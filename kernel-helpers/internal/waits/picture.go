package waits

import (
	"slices"

	"example.com/speedup/kernel-helpers/base/svg"
)

// A Box is goroutines in a picture.
type Box struct {
	Title, Detail string
	For           []string // keys of the objects for which they wait
}

// An Object is a channel or a lock in a picture.
type Object struct {
	Name string
	// Holders are the indices of the boxes that probably hold it.
	Holders []int
	Note    string // below the name, or ""
}

// Measures of a picture.
const (
	rowHeight   = 52
	boxX        = 12
	boxWidth    = 430
	objectX     = 590
	objectWidth = 210
	boxHeight   = 40
	topMargin   = 40
)

// Picture draws goroutines on the left and the channels and locks for which they wait
// on the right. An arrow leads from a goroutine to what it waits for, and a dashed one
// from a lock to the goroutine that probably holds it. Objects are found by their keys.
func Picture(title string, boxes []Box, find func(key string) Object) *svg.Drawing {
	var keys []string
	for _, b := range boxes {
		for _, key := range b.For {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	top := func(i int) float64 { return topMargin + float64(i)*rowHeight }
	d := &svg.Drawing{Width: objectX + objectWidth + 12, Title: title}
	d.Markup(`<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="` + svg.Grid + `"/></marker></defs>`)
	d.Text(boxX, 22, svg.Fit(title, 100), svg.Style{})
	for i, b := range boxes {
		d.Rect(boxX, top(i), boxWidth, boxHeight, svg.Style{Fill: "none", Stroke: svg.Grid})
		d.Text(boxX+8, top(i)+16, svg.Fit(b.Title, 62), svg.Style{})
		d.Text(boxX+8, top(i)+33, svg.Fit(b.Detail, 66), svg.Style{Fill: svg.Soft})
		for _, key := range b.For {
			d.Markup(arrow(boxX+boxWidth, top(i)+boxHeight/2-6, objectX, top(slices.Index(keys, key))+boxHeight/2-6, ""))
		}
	}
	held := false
	for i, key := range keys {
		o := find(key)
		d.Rect(objectX, top(i), objectWidth, boxHeight, svg.Style{Fill: "none", Stroke: svg.Grid})
		if o.Note == "" {
			d.Text(objectX+8, top(i)+24, svg.Fit(o.Name, 28), svg.Style{})
		} else {
			d.Text(objectX+8, top(i)+16, svg.Fit(o.Name, 28), svg.Style{})
			d.Text(objectX+8, top(i)+33, svg.Fit(o.Note, 30), svg.Style{Fill: svg.Soft})
		}
		for _, holder := range o.Holders {
			held = true
			d.Markup(arrow(objectX, top(i)+boxHeight/2+8, boxX+boxWidth, top(holder)+boxHeight/2+8, ` stroke-dasharray="5 4"`))
		}
	}
	bottom := top(max(len(boxes), len(keys)))
	if held {
		d.Text(boxX, bottom+12, "A dashed arrow leads to the goroutine that probably holds the lock.", svg.Style{Fill: svg.Soft})
		bottom += 22
	}
	d.Height = bottom + 4
	return d
}

// arrow returns a line with a head.
func arrow(x1, y1, x2, y2 float64, more string) string {
	return `<path d="M` + svg.Number(x1) + " " + svg.Number(y1) + "L" + svg.Number(x2) + " " + svg.Number(y2) +
		`" fill="none" stroke="` + svg.Grid + `" stroke-width="1.5" marker-end="url(#a)"` + more + "/>\n"
}
