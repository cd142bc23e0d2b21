package coursework

import (
	"regexp"
	"strings"
	"unicode"
)

// escapes are what terminals take as commands: ECMA-48 control sequences, and
// strings of the kinds that set titles and links.
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]")

// Clean makes foreign text safe to show: what a terminal would act on is taken
// out, and what would not be seen, or would turn the order of letters around, is
// replaced by a mark.
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
