package display

import "example.com/speedup/kernel-helpers/base/svg"

// A Drawing is an SVG picture to which elements are added one by one. Its
// methods Rect, Line, Path and Text add elements, and its method SVG returns the
// document for the function [SVG]. It has a light card as its background, because
// a picture in an <img> element can't adapt to JupyterLab's theme.
type Drawing = svg.Drawing

// A Style is the appearance of a shape or a text in a [Drawing].
type Style = svg.Style

// These are colours for a [Drawing]. Ink and Soft have a contrast of at least
// 4.5:1 with Card.
const (
	Ink  = svg.Ink  // text and lines
	Soft = svg.Soft // axes and notes
	Card = svg.Card // the background
)

// NewDrawing returns an empty picture with a size in pixels. The title is its
// accessible name.
func NewDrawing(width, height int, title string) *Drawing {
	return &Drawing{Width: float64(width), Height: float64(height), Title: title}
}
