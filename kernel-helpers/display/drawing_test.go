package display

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// wellFormed reads a whole document and returns its text.
func wellFormed(t *testing.T, doc string) string {
	t.Helper()
	var text strings.Builder
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		if data, ok := token.(xml.CharData); ok {
			text.Write(data)
		}
	}
}

func TestADrawingIsWellFormedAndKeepsItsText(t *testing.T) {
	d := NewDrawing(100, 50, `a <title> & "more"`)
	d.Rect(1, 2, -3, 4, Style{Fill: `"><script>`, Stroke: "red", Dash: "3 2"})
	d.Line(0.123456, 0, 10, 20.5, Style{Stroke: Ink})
	d.Text(5, 6, `5 < 6 & "7"`, Style{Size: 11, Anchor: "end", Bold: true})
	svg := d.SVG()
	text := wellFormed(t, svg)
	for _, want := range []string{`a <title> & "more"`, `5 < 6 & "7"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	for _, want := range []string{`xmlns="http://www.w3.org/2000/svg"`, `viewBox="0 0 100 50"`, `x1="0.12"`, `width="0"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is missing in %s", want, svg)
		}
	}
}

func FuzzAnyTextGivesAWellFormedDrawing(f *testing.F) {
	f.Add("plain", "red")
	f.Add("\x00\x1b]\xff\ufffe<&'\"", "\"/>")
	f.Fuzz(func(t *testing.T, text, fill string) {
		d := NewDrawing(10, 10, text)
		d.Text(1, 1, text, Style{Fill: fill})
		wellFormed(t, d.SVG())
	})
}
