package feedback

import (
	"cmp"
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// drawWaits draws who waits for what in a program that stood still. It returns nil if
// that isn't known.
func drawWaits(t course.TestResult) *picture {
	if len(t.Waits) == 0 {
		return nil
	}
	const title = "Your program stands still"
	alt := title
	var boxes []waits.Box
	notes := map[string]string{}
	for _, w := range t.Waits {
		text := plural(w.Count, "goroutine") + ": " + untrusted.Clean(w.State)
		b := waits.Box{Title: text, Detail: untrusted.Clean(w.Place)}
		if on := untrusted.Clean(w.On); on != "" && !strings.Contains(w.State, " select") {
			b.For = []string{on}
			notes[on] = cmp.Or(notes[on], untrusted.Clean(w.Missing))
		}
		boxes = append(boxes, b)
		alt += fmt.Sprintf("; %s, %s", text, b.Detail)
	}
	d := waits.Picture(title, boxes, func(key string) waits.Object { return waits.Object{Name: key, Note: notes[key]} })
	d.Title = alt + "."
	drawn := newPicture(d)
	return &drawn
}
