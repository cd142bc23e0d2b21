package notebook

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// A terminalText is the text of a stream output after applying carriage returns
// and backspaces, as JupyterLab 4 saves it (processText in its outputarea
// package). A progress line that was redrawn a thousand times is a single line.
// It counts characters, while JupyterLab counts UTF-16 units.
type terminalText struct {
	text   []byte
	line   int // start of the last line
	cursor int // position of the next character, in the last line
}

func (t *terminalText) add(s []byte) {
	for {
		at := bytes.IndexAny(s, "\n\r\b")
		if at < 0 {
			t.put(s)
			return
		}
		t.put(s[:at])
		switch s[at] {
		case '\n':
			t.text = append(t.text, '\n')
			t.line, t.cursor = len(t.text), len(t.text)
		case '\r':
			t.cursor = t.line
		case '\b':
			t.backspace()
		}
		s = s[at+1:]
	}
}

// put overwrites the text at the cursor, character by character.
func (t *terminalText) put(s []byte) {
	end := t.cursor
	for rest := s; len(rest) > 0 && end < len(t.text); {
		_, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		_, size = utf8.DecodeRune(t.text[end:])
		end += size
	}
	if end == len(t.text) {
		t.text = append(t.text[:t.cursor], s...)
	} else {
		t.text = slices.Replace(t.text, t.cursor, end, s...)
	}
	t.cursor += len(s)
}

// backspace removes the character before the cursor and, like JupyterLab, the
// one at the cursor.
func (t *terminalText) backspace() {
	if t.cursor == t.line {
		return
	}
	_, before := utf8.DecodeLastRune(t.text[t.line:t.cursor])
	_, under := utf8.DecodeRune(t.text[t.cursor:])
	t.text = slices.Delete(t.text, t.cursor-before, t.cursor+under)
	t.cursor -= before
}

// cut shortens the text to at most n bytes, at the edge of a character, and
// returns the number of bytes removed.
func (t *terminalText) cut(n int) int {
	was := len(t.text)
	t.text = t.text[:runeEdge(t.text, n)]
	t.line, t.cursor = len(t.text), len(t.text)
	return was - len(t.text)
}

// runeEdge returns the end of the last whole character in the first n bytes.
func runeEdge(text []byte, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for range utf8.UTFMax - 1 {
		if n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
	}
	return n
}
