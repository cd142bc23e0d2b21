// Package display shows rich output in a notebook cell: HTML, Markdown, SVG and
// PNG pictures, and blocks that are updated in place.
//
// Every call sends one MIME bundle to the GoNB kernel through gonbui and
// returns when the kernel has passed it on. Nothing is lost when the cell ends
// right afterwards, and a call's output keeps its place among the lines that
// the cell prints before and after it. Every bundle has a text/plain part for
// front ends that show nothing else.
//
// Outside a notebook the same calls print the plain text to standard output.
// They also do so when the kernel does not answer within ten seconds, after
// printing one line on standard error. A dead kernel therefore never hangs a
// program.
//
// A call costs two short round trips to the kernel, about 0.4 ms together. All
// functions are safe for concurrent use. Processes started by a cell print
// plain text: GoNB reads a single stream, which a second writer would corrupt.
package display

import (
	"encoding/base64"
	"html"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// InNotebook reports whether output goes to a notebook: this process was
// started by a GoNB kernel, not by another cell's program, and the kernel has
// answered every call so far.
func InNotebook() bool { return kernel.usable() }

// HTML shows html, or text where HTML can't be shown. The html is sent
// unchanged, so the caller must escape any text that it does not control. In a
// notebook that is not trusted, JupyterLab removes scripts, styles and
// everything else that is not plain markup.
func HTML(html, text string) {
	show(protocol.MIMETextHTML, html, plain(text, "[HTML]"))
}

// Markdown shows md. The plain text is md itself.
func Markdown(md string) {
	show(protocol.MIMETextMarkdown, md, plain(md, "[Markdown]"))
}

// SVG shows an SVG picture as an <img> element. JupyterLab removes inline SVG
// from a notebook that is not trusted, but keeps an <img>. svg must be a
// complete document with its xmlns attribute (see [Drawing]). It can't follow
// JupyterLab's theme, so it should be readable on light and dark grounds. alt
// describes the picture and is the plain text.
func SVG(svg, alt string) {
	alt = plain(alt, "[picture]")
	show(protocol.MIMETextHTML, svgImage(svg, alt), alt)
}

// Figure shows a picture, as [SVG] does, with HTML below it, such as a table or a
// folded <details> element. That part follows JupyterLab's theme. It is sent
// unchanged, as by [HTML].
func Figure(svg, below, alt string) {
	alt = plain(alt, "[picture]")
	show(protocol.MIMETextHTML, svgImage(svg, alt)+"\n"+below, alt)
}

func svgImage(svg, alt string) string {
	return `<img alt="` + html.EscapeString(alt) + `" src="data:image/svg+xml;base64,` +
		base64.StdEncoding.EncodeToString([]byte(svg)) + `">`
}

// PNG shows a picture, given the bytes of a PNG file. alt describes the picture
// and is the plain text.
func PNG(png []byte, alt string) {
	show(protocol.MIMEImagePNG, png, plain(alt, "[picture]"))
}

// Update shows html in the block named id. The first call creates the block;
// later calls replace its content. IDs are local to this run of the program.
//
// An empty html shows text as a plain line. Programs should end with such a
// call, because a saved notebook keeps the last content. Outside a notebook
// only this call prints anything.
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

// show sends a bundle with content and text, or prints text outside a notebook.
func show(mime protocol.MIMEType, content any, text string) {
	data := map[protocol.MIMEType]any{mime: content, protocol.MIMETextPlain: text}
	if !kernel.deliver(&protocol.DisplayData{Data: data}) {
		printText(text)
	}
}

// plain returns text, or otherwise if text is blank.
func plain(text, otherwise string) string {
	if strings.TrimSpace(text) == "" {
		return otherwise
	}
	return text
}
