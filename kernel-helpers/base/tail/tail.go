// Package tail keeps the end of what a program prints, for errors that say why
// it failed.
package tail

import "strings"

// A Writer keeps the last bytes that were written to it. One goroutine at a time
// may use it.
type Writer struct {
	Bytes int // how many are kept; 4 KiB when left out

	text []byte
}

// Write never fails.
func (w *Writer) Write(p []byte) (int, error) {
	most := w.Bytes
	if most == 0 {
		most = 4 << 10
	}
	w.text = append(w.text, p...)
	if over := len(w.text) - most; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(p), nil
}

// String returns what is kept. It can begin in the middle of a line, or of a
// character.
func (w *Writer) String() string { return string(w.text) }

// LastLine returns the last line of a text that isn't blank, without the white
// space around it, or "" if all are.
func LastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
