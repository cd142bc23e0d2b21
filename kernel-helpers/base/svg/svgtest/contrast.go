package svgtest

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// Grounds are the colours on which pictures stand: JupyterLab's light theme and
// the pages of nbconvert, and two of JupyterLab's dark theme.
var Grounds = []string{"#ffffff", "#111111", "#212121"}

// The least contrasts by WCAG 2.2, success criteria 1.4.3 and 1.4.11.
const (
	ofText  = 4.5
	ofShape = 3.0
)

// Readable fails the test if a part of a picture can't be seen on one of the
// [Grounds]. A shape's colours must have enough contrast with every ground. No
// colour has enough for text on all of them, so texts must have an outline, and
// the contrast with it counts; so it does for paths of the class "cased", which
// have an edge of the outline's colour below them.
func Readable(t testing.TB, doc string) {
	t.Helper()
	const outline = "text{paint-order:stroke;stroke:"
	_, halo, found := strings.Cut(doc, outline)
	if !found {
		t.Fatalf("got texts without an outline in\n%s", doc)
	}
	halo = halo[:len("#ffffff")]
	inherited := []string{"#000000"} // the fill of each open element
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("got XML that is not well-formed: %v in\n%s", err, doc)
		}
		if _, closes := token.(xml.EndElement); closes {
			inherited = inherited[:len(inherited)-1]
		}
		element, opens := token.(xml.StartElement)
		if !opens {
			continue
		}
		of := map[string]string{"fill": inherited[len(inherited)-1]}
		for _, a := range element.Attr {
			of[a.Name.Local] = a.Value
		}
		inherited = append(inherited, of["fill"])
		switch {
		case element.Name.Local == "text":
			check(t, doc, element, of["fill"], ofText, halo)
		case of["class"] == "casing":
		case element.Name.Local == "path", element.Name.Local == "rect", element.Name.Local == "line":
			grounds := Grounds
			if of["class"] == "cased" {
				grounds = []string{halo}
			}
			// A pale fill is fine if the edge can be seen.
			colour := of["stroke"]
			if colour == "" {
				colour = of["fill"]
			}
			check(t, doc, element, colour, ofShape, grounds...)
		}
	}
}

func check(t testing.TB, doc string, element xml.StartElement, colour string, least float64, grounds ...string) {
	t.Helper()
	if !strings.HasPrefix(colour, "#") {
		return // none, or a pattern, whose own shapes are checked
	}
	for _, ground := range grounds {
		if got := Contrast(t, colour, ground); got < least {
			t.Errorf("a %s of %s on %s has a contrast of %.2f : 1, want at least %.1f : 1: %v", element.Name.Local, colour, ground, got, least, element.Attr)
		}
	}
}

// Contrast returns the contrast of two colours, from 1 to 21, as WCAG 2.2 defines
// it. Colours are written as in "#1f2328".
func Contrast(t testing.TB, a, b string) float64 {
	t.Helper()
	high, low := luminance(t, a), luminance(t, b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(t testing.TB, colour string) (sum float64) {
	t.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != len("#rrggbb") {
		t.Fatalf("got the colour %q, want one such as #1f2328", colour)
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(value>>(16-8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
