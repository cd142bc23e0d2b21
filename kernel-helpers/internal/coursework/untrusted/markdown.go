package untrusted

import (
	"regexp"
	"strings"
)

// gap is a zero-width space. It is invisible, so the text stays readable, and it
// keeps what it separates from being markup.
const gap = "\u200b"

var (
	// tagStart matches what HTML takes for the beginning of a tag, a comment or a
	// declaration. It matches inside code as well: where code begins and ends
	// differs between renderers.
	tagStart = regexp.MustCompile(`<([A-Za-z/!?])`)

	// scheme matches the schemes of addresses that run or contain a document, and of
	// attachments, which are left out: nbconvert makes no page that misses one. URL
	// parsers skip tabs and newlines, and Markdown skips backslashes.
	scheme = regexp.MustCompile(`(?i)(` + spread("javascript") + `|` + spread("vbscript") + `|` + spread("livescript") + `|` + spread("data") + `|` + spread("blob") + `|` + spread("file") + `|` + spread("attachment") + `)([\s\\\x00-\x20]*):`)

	// entity matches character references for ASCII and control characters, by
	// which a scheme or a tag could be spelled. Of the named ones, only those of
	// letters, space and colon matter: &lt; is text wherever it is.
	entity = regexp.MustCompile(`(?i)&(#|colon|tab|newline|bsol|lpar|rpar|sol|nbsp|shy|zerowidthspace|zwj|zwnj)`)

	// macro matches TeX commands by which formulas load, link or style, in MathJax.
	macro = regexp.MustCompile(`\\((?:href|url|style|class|cssId|require|bbox|unicode|includegraphics|data|def|let|newcommand|renewcommand|newenvironment|Declare[A-Za-z]+|csname|html[A-Za-z]*|toggle|action|mmlToken|enclose|tooltip|texttip)\b)`)
)

// spread returns a pattern of word with what may be hidden between its letters.
func spread(word string) string {
	return strings.Join(strings.Split(word, ""), `[\t\n\r\\\x{00ad}]*`)
}

// Markdown returns a student's Markdown so that no renderer makes active content
// of it: no HTML, no addresses that run or contain documents, no commands of
// formulas that link or style. Everything stays readable, because markup is shown
// as text: a zero-width space is put into it.
func Markdown(text string) string {
	text = Clean(text)
	text = tagStart.ReplaceAllString(text, "<"+gap+"$1")
	text = entity.ReplaceAllString(text, "&"+gap+"$1")
	text = scheme.ReplaceAllString(text, "$1"+gap+"$2:")
	return macro.ReplaceAllString(text, `\`+gap+"$1")
}
