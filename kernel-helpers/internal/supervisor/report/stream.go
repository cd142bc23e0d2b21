package report

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// ReadStream reads the content of a stream message. GoNB can write gigabytes of
// them and doesn't wait for the reader, so reading must be as fast as that. Content in
// GoNB's form is read at the speed of memory, all else by encoding/json
// (BenchmarkReadStream compares the two).
func ReadStream(m jupyter.Message) (name, text string, err error) {
	if name, text, ok := readQuickly(m.Content); ok {
		return name, text, nil
	}
	var s struct{ Name, Text string }
	err = m.Decode(&s)
	return s.Name, s.Text, err
}

// readQuickly reads {"name":"…","text":"…"} and reports whether content has this
// form.
func readQuickly(content []byte) (name, text string, ok bool) {
	rest, ok := bytes.CutPrefix(content, []byte(`{"name":"`))
	if !ok {
		return "", "", false
	}
	i := bytes.IndexByte(rest, '"')
	if i < 0 || bytes.IndexByte(rest[:i], '\\') >= 0 || hasControl(rest[:i]) || !utf8.Valid(rest[:i]) {
		return "", "", false
	}
	name = string(rest[:i])
	if rest, ok = bytes.CutPrefix(rest[i:], []byte(`","text":"`)); !ok {
		return "", "", false
	}
	if rest, ok = bytes.CutSuffix(rest, []byte(`"}`)); !ok || !utf8.Valid(rest) {
		return "", "", false
	}
	text, ok = unquote(rest)
	return name, text, ok
}

var escapes = [256]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', '"': '"', '\\': '\\', '/': '/'}

// unquote decodes the text between the quotes of a JSON string.
func unquote(s []byte) (string, bool) {
	var out strings.Builder
	out.Grow(len(s))
	for {
		i := bytes.IndexByte(s, '\\')
		plain := s
		if i >= 0 {
			plain = s[:i]
		}
		if bytes.IndexByte(plain, '"') >= 0 || hasControl(plain) {
			return "", false
		}
		out.Write(plain)
		if i < 0 {
			return out.String(), true
		}
		s = s[i:]
		switch {
		case len(s) < 2:
			return "", false
		case escapes[s[1]] != 0:
			out.WriteByte(escapes[s[1]])
			s = s[2:]
		case s[1] == 'u' && len(s) >= 6:
			r, err := strconv.ParseUint(string(s[2:6]), 16, 16)
			if err != nil || r >= 0xD800 && r < 0xE000 {
				return "", false
			}
			s = s[6:]
			out.WriteRune(rune(r))
		default:
			return "", false
		}
	}
}

// hasControl reports whether s contains a control character, which JSON strings
// may not.
func hasControl(s []byte) bool {
	for _, b := range s {
		if b < 0x20 {
			return true
		}
	}
	return false
}
