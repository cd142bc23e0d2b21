package feedback

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/base/svg"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// picture is a drawing for an <img>, with a text for readers who can't see it.
type picture struct {
	Source        template.URL
	Alt           string
	Width, Height int // in pixels
}

func newPicture(d *svg.Drawing) picture {
	return picture{
		Source: template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(d.SVG()))), // base64 needs no escaping
		Alt:    d.Title,
		Width:  int(d.Width),
		Height: int(d.Height),
	}
}

// Sizes of the drawing, in pixels, and its greatest number of lanes.
const (
	pictureWidth = 760
	laneHeight   = 22
	laneGap      = 4
	leftMargin   = 16
	topMargin    = 34
	maxLanes     = 40
)

// looks distinguish the states of calls by fill, outline and sign, so not by
// colour alone. They are in the order of the legend. The last one is for states
// that aren't listed.
var looks = []struct {
	state, sign, words string
	style              svg.Style
}{
	{"done", "", "done", svg.Style{Fill: "#b6e3ff", Stroke: "#0969da"}},
	{"failed", "✗ ", "failed", svg.Style{Fill: "#ffcecb", Stroke: "#cf222e"}},
	{"cancelled", "⊘ ", "cancelled", svg.Style{Fill: "#ffffff", Stroke: "#59636e", Dash: "5 3"}},
	{"unfinished", "… ", "not finished", svg.Style{Fill: "#fff1c2", Stroke: "#9a6700", Dash: "2 2"}},
}

// lookOf returns the index in looks for a call's state.
func lookOf(state string) int {
	for i, look := range looks {
		if look.state == state {
			return i
		}
	}
	return len(looks) - 1
}

// drawRun draws the calls of a run over time. Calls that were in flight at the
// same time are in different lanes.
func drawRun(run course.Run) picture {
	calls := slices.Clone(run.Calls)
	slices.SortStableFunc(calls, func(a, b course.Call) int { return cmp.Compare(a.Start, b.Start) })
	lanes, count := assignLanes(calls)
	shown := min(count, maxLanes)
	var end time.Duration
	for _, c := range calls {
		end = max(end, c.Start, c.End)
	}
	height := topMargin + shown*(laneHeight+laneGap) + 52
	d := &svg.Drawing{Width: pictureWidth, Height: float64(height), Title: summary(run, calls, end)}
	d.Text(leftMargin, 22, heading(run, calls, end), svg.Style{Bold: true})
	const width = pictureWidth - 2*leftMargin
	x := func(at time.Duration) float64 {
		return leftMargin + width*float64(at)/float64(max(end, 1))
	}
	bottom := float64(topMargin + shown*(laneHeight+laneGap))
	drawAxis(d, end, x, bottom)
	used := map[string]bool{}
	for i, c := range calls {
		if lanes[i] >= maxLanes {
			continue
		}
		look := looks[lookOf(c.State)]
		used[look.state] = true
		y := float64(topMargin + lanes[i]*(laneHeight+laneGap))
		length := max(x(c.End)-x(c.Start), 3)
		d.Rect(x(c.Start), y, length, laneHeight, look.style)
		for _, label := range []string{look.sign + untrusted.Clean(c.Name), strings.TrimSpace(look.sign)} {
			if label != "" && float64(7*utf8.RuneCountInString(label)+6) <= length {
				d.Text(x(c.Start)+5, y+15, label, svg.Style{Size: 12})
				break
			}
		}
	}
	drawLegend(d, used, bottom+40)
	var left []string
	if count > shown {
		left = append(left, plural(count-shown, "lane"))
	}
	if run.Left > 0 {
		left = append(left, plural(run.Left, "call"))
	}
	if len(left) > 0 {
		d.Text(pictureWidth-leftMargin, bottom+40, "not drawn: "+strings.Join(left, ", "), svg.Style{Fill: svg.Soft, Anchor: "end", Size: 12})
	}
	return newPicture(d)
}

// assignLanes gives each call the first lane that is free when it starts. The
// calls are sorted by start.
func assignLanes(calls []course.Call) (lanes []int, count int) {
	var free []time.Duration // when each lane is
	for _, c := range calls {
		lane := slices.IndexFunc(free, func(at time.Duration) bool { return at <= c.Start })
		if lane < 0 {
			lane = len(free)
			free = append(free, 0)
		}
		// A call that took no time is drawn, so it needs space.
		free[lane] = max(c.End, c.Start+1)
		lanes = append(lanes, lane)
	}
	return lanes, len(free)
}

func drawAxis(d *svg.Drawing, end time.Duration, x func(time.Duration) float64, bottom float64) {
	d.Line(leftMargin, bottom, pictureWidth-leftMargin, bottom, svg.Style{Stroke: svg.Grid})
	step := tick(end)
	for i := time.Duration(0); i <= end/step; i++ {
		at := i * step
		d.Line(x(at), topMargin-4, x(at), bottom+4, svg.Style{Stroke: svg.Grid})
		style := svg.Style{Fill: svg.Soft, Size: 11, Anchor: "middle"}
		switch {
		case at == 0:
			style.Anchor = "start"
		case x(at) > pictureWidth-2*leftMargin:
			style.Anchor = "end"
		}
		d.Text(x(at), bottom+17, at.String(), style)
	}
}

// tick returns the distance between marks on the axis: a round number that makes
// at most eight of them.
func tick(end time.Duration) time.Duration {
	if end < 8 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(float64(end)/8)))
	for _, m := range []float64{1, 2, 5, 10} {
		if float64(end)/(m*power) <= 8 {
			return time.Duration(m * power)
		}
	}
	return end
}

func drawLegend(d *svg.Drawing, used map[string]bool, y float64) {
	x := float64(leftMargin)
	for _, look := range looks {
		if !used[look.state] {
			continue
		}
		d.Rect(x, y-11, 22, 14, look.style)
		words := look.sign + look.words
		d.Text(x+28, y, words, svg.Style{Fill: svg.Soft, Size: 12})
		x += 28 + 7*float64(utf8.RuneCountInString(words)) + 18
	}
}

func heading(run course.Run, calls []course.Call, end time.Duration) string {
	return fmt.Sprintf("At most %d in flight, %s in %s", run.MostInFlight, plural(len(calls)+run.Left, "call"), end)
}

// summary says in words what the drawing shows, with the first calls one by one.
func summary(run course.Run, calls []course.Call, end time.Duration) string {
	var b strings.Builder
	if name := untrusted.Clean(run.Name); name != "" {
		b.WriteString(name + ". ")
	}
	b.WriteString(heading(run, calls, end))
	for _, look := range looks {
		count := 0
		for _, c := range calls {
			if looks[lookOf(c.State)].state == look.state {
				count++
			}
		}
		if count > 0 {
			fmt.Fprintf(&b, "; %d %s", count, look.words)
		}
	}
	const most = 12
	for i, c := range calls {
		if i == most {
			fmt.Fprintf(&b, ". And %d more", len(calls)-most)
			break
		}
		fmt.Fprintf(&b, ". %s: %s to %s", cmp.Or(untrusted.Clean(c.Name), fmt.Sprint("call ", i+1)), c.Start, c.End)
	}
	return b.String() + "."
}
