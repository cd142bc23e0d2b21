// Package tail keeps the end of a program's output, for errors that explain why
// the program failed.
package tail

import "strings"

// A Writer keeps the last bytes that were written to it. It must not be used by
// several goroutines at once.
type Writer struct {
	Bytes int // number of bytes to keep; 4 KiB if 0

	text []byte
}

// Write keeps the end of p and of what was written before. It never fails.
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

// String returns the bytes that are kept. They can begin in the middle of a line
// or of a character.
func (w *Writer) String() string { return string(w.text) }

// LastLine returns the last line of text that isn't blank, without surrounding
// white space. It returns "" if all lines are blank.
func LastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
