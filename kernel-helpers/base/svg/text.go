package svg

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number formats v with at most two decimals. A hundredth of a pixel is finer
// than any screen, and shorter numbers keep notebooks small.
func Number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// Escape escapes text for use in XML text and attributes.
func Escape(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		// XML 1.0, section 2.2: the characters that a document may contain.
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}
		return utf8.RuneError
	}, text))
}

// Fit shortens text to at most n characters. The last character of a shortened
// text is "…".
func Fit(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:max(n-1, 0)]) + "…"
}
