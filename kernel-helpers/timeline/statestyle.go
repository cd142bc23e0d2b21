package timeline

// A stateStyle is the appearance of a state. States differ in colour, in the
// height and position of their band in the lane, and in the band's dashes. In
// density pictures, where areas are stacked, they differ in their patterns.
type stateStyle struct {
	colour string
	height float64 // of the band, as a fraction of the lane's height
	place  float64 // position of the band: 0 is the top of the lane, 1 the bottom
	dash   string  // dashes and gaps in pixels; "" for a solid band
	fill   string  // for density pictures: the pattern's shapes, on a tile of 6 × 6 pixels
}

// A lane that runs looks busy: its band fills the lane. A lane that waits looks
// idle. The colours have a contrast of at least 3 : 1 with white and with the
// grounds of JupyterLab's dark theme.
var stateStyles = [stateCount]stateStyle{
	Running:  {colour: "#1f6feb", height: 1, place: 0.5, fill: ""},
	GC:       {colour: "#d6409f", height: 1, place: 0.5, dash: "3 1", fill: "M0 0L6 6M6 0L0 6"},
	Syscall:  {colour: "#0f8f84", height: 0.4, place: 0.5, dash: "1 1", fill: "M0 1.5h6M0 4.5h6M1.5 0v6M4.5 0v6"},
	Runnable: {colour: "#d9730d", height: 0.45, place: 0.5, dash: "2 1", fill: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5"},
	Network:  {colour: "#7d8590", height: 0.2, place: 0.5, dash: "9 2", fill: "M0 3h6"},
	Channel:  {colour: "#2d9d4a", height: 0.24, place: 1, dash: "5 2", fill: "M3 0v6"},
	Select:   {colour: "#9a6ee8", height: 0.24, place: 1, dash: "6 1.5 1.5 1.5", fill: "M-1 -1L7 7M-1 5L1 7M5 -1L7 1"},
	Lock:     {colour: "#e5484d", height: 0.24, place: 0, dash: "2 2", fill: "M0 3h6M3 0v6"},
	Asleep:   {colour: "#868e96", height: 0.18, place: 0.5, dash: "1 3", fill: "M2 3h2"},
	Other:    {colour: "#868e96", height: 0.18, place: 0, dash: "5 3", fill: "M0 2h3M3 5h3"},
}

// band returns the thickness of a state's band in a lane of this height, and
// the distance of its middle from the lane's top.
func (k stateStyle) band(height float64) (thick, middle float64) {
	thick = max(height*k.height, min(height, 2)*max(k.height, 0.8)) // thin lanes get a band that is still visible
	return thick, thick/2 + (height-thick)*k.place
}
