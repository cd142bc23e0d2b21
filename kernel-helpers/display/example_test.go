package display_test

import "example.com/speedup/kernel-helpers/display"

// Outside a notebook, where examples run, the plain text is printed.
func Example() {
	display.HTML("<b>160</b> pages", "160 pages")
	display.Markdown("It took *8.03 seconds*.")

	d := display.NewDrawing(120, 40, "a busy second")
	d.Rect(10, 10, 100, 20, display.Style{Fill: "#0969da"})
	display.SVG(d.SVG(), "One bar, busy from start to end.")

	display.Update("state", "<i>working</i>", "working")
	display.Update("state", "", "finished")
	// Output:
	// 160 pages
	// It took *8.03 seconds*.
	// One bar, busy from start to end.
	// finished
}
