// Package svgtest checks SVG pictures in tests.
package svgtest

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// Texts fails the test if a document isn't well-formed, and otherwise returns its
// text nodes. The document may have several root elements.
func Texts(t testing.TB, doc string) (texts []string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("got XML that is not well-formed: %v in\n%s", err, doc)
		}
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, string(text))
		}
	}
}
