// Package timeline shows what a run did over time, as a static picture drawn
// from measurements of that run.
//
// [Show] runs a function and draws one strip: dark columns where the program
// worked, and the empty track where it waited. The measure is the processor
// time of this process alone (children such as the server of workloads/sites
// do not count), read every [Interval] with getrusage(2). To wake up and read
// takes some 20 µs, so measuring adds about one percent of work to the strip.
//
// The picture is an SVG inside an <img>, on a card of its own colours, so it
// reads the same in JupyterLab's light and dark themes, survives saving, an
// untrusted reopen and nbconvert, and tells its two states apart by shape and
// by label, not by colour alone. Its text/plain says the same in numbers.
package timeline

import (
	"example.com/speedup/kernel-helpers/display"
)

// Show runs f, then displays the strip of the run under the given title. When
// f panics, the strip of what ran until then is shown and the panic goes on.
func Show(title string, f func()) {
	rec := start()
	defer func() {
		s := rec.stop()
		display.SVG(s.svg(title), title+": "+s.String())
	}()
	f()
}
