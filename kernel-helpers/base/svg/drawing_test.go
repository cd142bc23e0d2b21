package svg

import (
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/svg/svgtest"
)

func TestADrawingIsWellFormedAndKeepsItsText(t *testing.T) {
	d := &Drawing{Width: 100, Height: 50, Title: `a <title> & "more"`}
	d.Rect(1, 2, -3, 4, Style{Fill: `"><script>`, Stroke: "red", Dash: "3 2"})
	d.Line(0.123456, 0, 10, 20.5, Style{Stroke: Ink})
	d.Text(5, 6, `5 < 6 & "7"`, Style{Size: 11, Anchor: "end", Bold: true})
	d.Path("M0 0h5", Style{Stroke: Soft, StrokeWidth: 2})
	d.Path("", Style{Stroke: "blue"})
	svg := d.SVG()
	text := strings.Join(svgtest.Texts(t, svg), "")
	for _, want := range []string{`a <title> & "more"`, `5 < 6 & "7"`} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in %q", want, text)
		}
	}
	for _, want := range []string{`xmlns="http://www.w3.org/2000/svg"`, `viewBox="0 0 100 50"`, `x1="0.12"`, `width="0"`,
		`<path fill="none" stroke="#59636e" stroke-width="2" d="M0 0h5"/>`} {
		if !strings.Contains(svg, want) {
			t.Errorf("want %s in %s", want, svg)
		}
	}
	if strings.Contains(svg, "blue") {
		t.Errorf("got an empty path drawn in %s", svg)
	}
}

func TestASecondDrawingIsAddedOnTop(t *testing.T) {
	top := new(Drawing)
	top.Text(0, 0, "above", Style{})
	d := &Drawing{Width: 10, Height: 10}
	d.Markup("<defs/>")
	d.Add(top)
	svg := d.SVG()
	if svgtest.Texts(t, svg); strings.Contains(svg, "<rect") || !strings.Contains(svg, `<defs/><text x="0" y="0">above</text>`) {
		t.Errorf("got %s, want no card, and the text behind the markup", svg)
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", -0.001: "0", 1.5: "1.5", 2.004: "2", 100: "100", -3.456: "-3.46"} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v): got %q, want %q", v, got, want)
		}
	}
}

func TestFitCountsCharacters(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"長い", 2, "長い"}, {"長い字", 2, "長…"}, {"ab", 0, "…"}, {"", 0, ""}} {
		if got := Fit(c.text, c.n); got != c.want {
			t.Errorf("Fit(%q, %d): got %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func FuzzAnyTextGivesAWellFormedDrawing(f *testing.F) {
	f.Add("plain", "red")
	f.Add("\x00\x1b]\xff\ufffe<&'\"", "\"/>")
	f.Fuzz(func(t *testing.T, text, fill string) {
		d := &Drawing{Width: 10, Height: 10, Title: text}
		d.Text(1, 1, text, Style{Fill: fill})
		svgtest.Texts(t, d.SVG())
	})
}

func TestOutlinedTextIsReadableOnEveryGround(t *testing.T) {
	d := &Drawing{Width: 10, Height: 10}
	d.Text(1, 1, "ink", Style{})
	d.Text(1, 1, "soft", Style{Fill: Soft})
	d.Line(0, 0, 1, 1, Style{Stroke: Grid})
	d.Path("M0 0h5", Style{Stroke: Ink, Cased: true})
	svgtest.Readable(t, d.SVG())
	if !strings.Contains(d.SVG(), `<path class="casing" fill="none" stroke="#ffffff" stroke-width="2.6" d="M0 0h5"/>`) {
		t.Errorf("got %s, want an edge below the cased line", d.SVG())
	}
}

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#ffffff", "#000000", 21}, {"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#ff0000", "#ff0000", 1}} {
		if got := svgtest.Contrast(t, c.a, c.b); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("Contrast(%s, %s): got %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}
