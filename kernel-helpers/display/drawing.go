package display

import "example.com/speedup/kernel-helpers/base/svg"

// A Drawing is an SVG picture written piece by piece, for [SVG]. Its methods
// are Rect, Line, Path, Text and SVG. It brings its own light card as
// background, as a picture in an <img> can't see JupyterLab's theme.
type Drawing = svg.Drawing

// Style is how a shape or a text of a [Drawing] looks.
type Style = svg.Style

// Colours that keep a contrast of at least 4.5 : 1 with a drawing's card.
const (
	Ink  = svg.Ink  // text and lines
	Soft = svg.Soft // axes and notes
	Card = svg.Card // the background
)

// NewDrawing starts a picture of this size, in pixels; title is its accessible
// name.
func NewDrawing(width, height int, title string) *Drawing {
	return &Drawing{Width: float64(width), Height: float64(height), Title: title}
}
