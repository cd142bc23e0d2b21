// Package untrusted makes text that students or their programs wrote safe to
// show: in a terminal, in a log, on a page.
package untrusted

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// escapes matches what terminals obey: ECMA-48 control sequences, and the
// strings that set titles and links.
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]")

// Clean returns text without escape sequences. Control characters other than
// newline and tab, bidirectional controls and invalid UTF-8 become U+FFFD.
func Clean(text string) string {
	text = escapes.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0xFFFE, r == 0xFFFF:
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

// Truncate returns s as valid UTF-8, cut to at most max bytes between two
// characters. A cut text ends with the number of bytes that are missing.
func Truncate(s string, max int) string {
	s = strings.ToValidUTF8(s, string(unicode.ReplacementChar))
	if len(s) <= max {
		return s
	}
	cut := max
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + fmt.Sprintf(" … (%d more bytes)", len(s)-cut)
}
