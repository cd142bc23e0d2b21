package notebook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A node is one JSON value in a text, identified by its position.
type node struct {
	kind       jsontext.Kind // '{', '[', '"', '0', 't', 'f' or 'n'
	start, end int           // the value is text[start:end]
	members    []member      // members of an object, in the order of the text
	items      []node        // items of an array
}

type member struct {
	name  string
	start int // position of the name's opening quote
	value node
}

// get returns an object's member, or nil.
func (n *node) get(name string) *node {
	for i := range n.members {
		if n.members[i].name == name {
			return &n.members[i].value
		}
	}
	return nil
}

// str returns a string's value.
func (n *node) str(text []byte) string {
	return unquote(text[n.start:n.end])
}

// unquote decodes a JSON string that has been scanned. Unpaired surrogates,
// which a browser may save, become U+FFFD.
func unquote(quoted []byte) string {
	s, _ := jsontext.AppendUnquote(nil, quoted)
	return string(s)
}

// describe returns the kind of a value, for messages.
func (n *node) describe() string {
	switch n.kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 'n':
		return "null"
	}
	return "a boolean"
}

// scan parses a text that contains exactly one JSON value. It rejects objects
// with duplicate names, because programs disagree on which one counts.
func scan(text []byte) (node, error) {
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		return node{}, errors.New("not JSON: the file starts with a byte order mark; save it as UTF-8 without one")
	}
	if !utf8.Valid(text) {
		at := 0
		for at < len(text) {
			r, size := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return node{}, fmt.Errorf("%s: not UTF-8 text", position(text, at))
	}
	// jsontext would reject the escape of an unpaired surrogate ("\ud83d"),
	// which JavaScript and Python both write.
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowInvalidUTF8(true))
	n, err := scanValue(d)
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return n, nil
		}
		at := n.end + len(text[n.end:]) - len(bytes.TrimLeft(text[n.end:], " \t\r\n"))
		return node{}, fmt.Errorf("%s: more text follows the end of the notebook", position(text, at))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return node{}, errors.New("not JSON: the file is empty")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return node{}, fmt.Errorf("%s: not JSON: the file ends in the middle of a value", position(text, len(text)))
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return node{}, fmt.Errorf("%s: not JSON: %w", position(text, int(s.ByteOffset)), s.Err)
	}
	return node{}, fmt.Errorf("not JSON: %w", err)
}

func scanValue(d *jsontext.Decoder) (node, error) {
	switch kind := d.PeekKind(); kind {
	case '{':
		if _, err := d.ReadToken(); err != nil {
			return node{}, err
		}
		n := node{kind: kind, start: int(d.InputOffset()) - 1}
		for d.PeekKind() != '}' {
			name, err := d.ReadValue()
			if err != nil {
				return node{}, err
			}
			m := member{name: unquote(name), start: int(d.InputOffset()) - len(name)}
			m.value, err = scanValue(d)
			if err != nil {
				return node{}, err
			}
			n.members = append(n.members, m)
		}
		_, err := d.ReadToken()
		n.end = int(d.InputOffset())
		return n, err
	case '[':
		if _, err := d.ReadToken(); err != nil {
			return node{}, err
		}
		n := node{kind: kind, start: int(d.InputOffset()) - 1}
		for d.PeekKind() != ']' {
			item, err := scanValue(d)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		_, err := d.ReadToken()
		n.end = int(d.InputOffset())
		return n, err
	default:
		raw, err := d.ReadValue()
		if err != nil {
			return node{}, err
		}
		end := int(d.InputOffset())
		return node{kind: kind, start: end - len(raw), end: end}, nil
	}
}

// position returns a byte's line and column, counted from 1. Columns are
// counted in characters.
func position(text []byte, at int) string {
	at = min(max(at, 0), len(text))
	line := 1 + bytes.Count(text[:at], []byte("\n"))
	column := 1 + utf8.RuneCount(text[bytes.LastIndexByte(text[:at], '\n')+1:at])
	return fmt.Sprintf("line %d, column %d", line, column)
}

// appendPretty appends a value at a nesting depth, in the format of Python's
// json.dumps(indent=1, sort_keys=True, ensure_ascii=False). Numbers keep their
// text.
func appendPretty(dst, text []byte, n *node, depth int) []byte {
	switch n.kind {
	case '{':
		if len(n.members) == 0 {
			return append(dst, "{}"...)
		}
		sorted := make([]*member, len(n.members))
		for i := range n.members {
			sorted[i] = &n.members[i]
		}
		slices.SortFunc(sorted, func(a, b *member) int { return cmp.Compare(a.name, b.name) })
		dst = append(dst, '{')
		for i, m := range sorted {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendName(appendNewline(dst, depth+1), m.name)
			dst = appendPretty(dst, text, &m.value, depth+1)
		}
		return append(appendNewline(dst, depth), '}')
	case '[':
		if len(n.items) == 0 {
			return append(dst, "[]"...)
		}
		dst = append(dst, '[')
		for i := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendPretty(appendNewline(dst, depth+1), text, &n.items[i], depth+1)
		}
		return append(appendNewline(dst, depth), ']')
	case '"':
		return appendString(dst, n.str(text))
	}
	return append(dst, text[n.start:n.end]...)
}

func appendNewline(dst []byte, depth int) []byte {
	dst = append(dst, '\n')
	for range depth {
		dst = append(dst, ' ')
	}
	return dst
}

func appendName(dst []byte, name string) []byte {
	return append(appendString(dst, name), ": "...)
}

// appendString quotes s as Python does: it escapes only control characters,
// quotes and backslashes. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // the only error is invalid UTF-8, which it replaces
	return dst
}
