package display

import "example.com/speedup/kernel-helpers/base/svg"

// A Drawing is an SVG picture to which elements are added one by one. Its
// methods Rect, Line, Path and Text add elements, and its method SVG returns the
// document for the function [SVG]. Its background is transparent, and a picture in
// an <img> element can't adapt to JupyterLab's theme. So its texts have a light
// outline, and its shapes should have colours of medium brightness, which can be
// seen on a light and on a dark ground.
type Drawing = svg.Drawing

// A Style is the appearance of a shape or a text in a [Drawing].
type Style = svg.Style

// These are colours for a [Drawing].
const (
	Ink  = svg.Ink  // text
	Soft = svg.Soft // notes
	Grid = svg.Grid // axes and other lines
)

// NewDrawing returns an empty picture with a size in pixels. The title is its
// accessible name.
func NewDrawing(width, height int, title string) *Drawing {
	return &Drawing{Width: float64(width), Height: float64(height), Title: title}
}
