// Package display shows rich output in a notebook cell: HTML, Markdown, SVG
// and PNG pictures, and blocks that are updated in place.
//
// Every call sends one mime bundle to the GoNB kernel through gonbui, always
// with a text/plain side for readers that show nothing else, and returns when
// the kernel has passed it on. So nothing is lost when the cell ends right
// afterwards, and what a cell prints before and after a call stays before and
// after it.
//
// Outside a notebook the same calls print the plain text to standard output.
// The same happens, after one line on standard error, when the kernel does not
// answer within ten seconds: a dead kernel never hangs a program.
//
// A call costs two short round trips to the kernel, about 0.4 ms together. All
// functions may be called from any number of goroutines. Processes that a cell
// starts print plain text, because GoNB reads one stream only: a second writer
// would break it.
package display

import (
	"encoding/base64"
	"html"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// InNotebook reports whether output goes to a notebook: this process was
// started by a GoNB kernel (not by another cell program) and the kernel has
// not failed to answer.
func InNotebook() bool { return kernel.usable() }

// HTML shows html, or text where HTML can't be shown. The html is sent as it
// is: escape what comes from elsewhere. JupyterLab removes scripts, styles and
// anything but plain markup when it opens a notebook that it doesn't trust.
func HTML(html, text string) {
	show(protocol.MIMETextHTML, html, plain(text, "[HTML]"))
}

// Markdown shows md, which is also its own plain text.
func Markdown(md string) {
	show(protocol.MIMETextMarkdown, md, plain(md, "[Markdown]"))
}

// SVG shows an SVG picture as an <img>, which JupyterLab keeps in a notebook
// that it doesn't trust, where it removes inline SVG. svg must be a whole
// document with its xmlns (see [Drawing]). It can't follow JupyterLab's theme,
// so it should bring its own background. alt says what the picture shows, and
// is all that a reader of plain text gets.
func SVG(svg, alt string) {
	alt = plain(alt, "[picture]")
	show(protocol.MIMETextHTML, svgImage(svg, alt), alt)
}

func svgImage(svg, alt string) string {
	return `<img alt="` + html.EscapeString(alt) + `" src="data:image/svg+xml;base64,` +
		base64.StdEncoding.EncodeToString([]byte(svg)) + `">`
}

// PNG shows a PNG file's bytes. alt says what the picture shows.
func PNG(png []byte, alt string) {
	show(protocol.MIMEImagePNG, png, plain(alt, "[picture]"))
}

// Update shows html in the block named id: the first call makes the block, the
// later ones replace what it shows. Ids belong to this run of the program. An
// empty html leaves text alone, as a plain line: the state to end with, because
// the last state is what a saved notebook keeps.
//
// Outside a notebook only that plain last state is printed.
func Update(id, html, text string) {
	text = plain(text, "[HTML]")
	data := map[protocol.MIMEType]any{protocol.MIMETextPlain: text}
	if html != "" {
		data[protocol.MIMETextHTML] = html
	}
	if !kernel.deliver(&protocol.DisplayData{Data: data, DisplayID: blockID(id)}) && html == "" {
		printText(text)
	}
}

func show(mime protocol.MIMEType, content any, text string) {
	data := map[protocol.MIMEType]any{mime: content, protocol.MIMETextPlain: text}
	if !kernel.deliver(&protocol.DisplayData{Data: data}) {
		printText(text)
	}
}

func plain(text, otherwise string) string {
	if strings.TrimSpace(text) == "" {
		return otherwise
	}
	return text
}
