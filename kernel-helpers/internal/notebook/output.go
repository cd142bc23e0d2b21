package notebook

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// An Output is one output of a code cell. Type determines which fields are
// used.
type Output struct {
	Type string // "stream", "display_data", "execute_result" or "error"

	// Used by stream.
	Name string // "stdout" or "stderr"
	Text string

	// Used by display_data and execute_result.
	Data           map[string]json.RawMessage // by MIME type; text is a single JSON string
	Metadata       json.RawMessage            // an object; nil means {}
	ExecutionCount int                        // used by execute_result; 0 means none

	// Used by error.
	EName, EValue string
	Traceback     []string

	raw json.RawMessage // the whole output if a later format added its type
}

// MimeText returns the text of a MIME type in an output's data, and whether
// there is one.
func (o Output) MimeText(mime string) (string, bool) {
	raw, ok := o.Data[mime]
	if !ok {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

func (p parser) output(n *node, minor int) (*Output, error) {
	if n.kind != '{' {
		return nil, p.wrong(n, "it is %s, not an object", n.describe())
	}
	o := &Output{}
	var err error
	if o.Type, err = p.str(n, "output_type"); err != nil {
		return nil, err
	}
	switch o.Type {
	case "stream":
		if o.Name, err = p.str(n, "name"); err != nil {
			return nil, err
		}
		o.Text, err = p.lines(n, "text")
	case "display_data", "execute_result":
		err = p.bundle(o, n)
	case "error":
		if o.EName, err = p.str(n, "ename"); err != nil {
			return nil, err
		}
		if o.EValue, err = p.str(n, "evalue"); err != nil {
			return nil, err
		}
		var traceback *node
		if traceback, err = p.need(n, "traceback", '['); err != nil {
			return nil, err
		}
		o.Traceback, err = p.strings(traceback, "traceback")
	default:
		if minor <= 5 {
			return nil, p.wrong(n.get("output_type"), "its type %q is unknown in nbformat 4.%d", o.Type, minor)
		}
		o.raw = json.RawMessage(p.text[n.start:n.end])
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

func (p parser) bundle(o *Output, n *node) error {
	data, err := p.need(n, "data", '{')
	if err != nil {
		return err
	}
	o.Data = make(map[string]json.RawMessage, len(data.members))
	for i := range data.members {
		m := &data.members[i]
		if !isJSON(m.name) {
			if s, ok := join(p.text, &m.value); ok {
				o.Data[m.name] = appendString(nil, s)
				continue
			}
		}
		// JupyterLab saves other kinds of values unchanged, and so does this
		// package.
		o.Data[m.name] = json.RawMessage(p.text[m.value.start:m.value.end])
	}
	metadata, err := p.optional(n, "metadata", '{')
	if err != nil {
		return err
	}
	if metadata != nil {
		o.Metadata = json.RawMessage(p.text[metadata.start:metadata.end])
	}
	if count := n.get("execution_count"); o.Type == "execute_result" && count != nil && count.kind != 'n' {
		o.ExecutionCount, err = p.integer(n, "execution_count")
	}
	return err
}

// isJSON reports whether, by nbformat's rule, a MIME type's value is JSON
// rather than text.
func isJSON(mime string) bool {
	return mime == "application/json" ||
		strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}

// isLines reports whether nbformat saves a MIME type's text as a list of lines.
func isLines(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

// appendOutputs appends a list of outputs in nbformat's format.
func appendOutputs(dst []byte, outputs []*Output, depth int) []byte {
	return appendList(dst, outputs, depth, func(dst []byte, o *Output) []byte { return o.append(dst, depth+1) })
}

// appendList writes a list, each of its values on a line of its own.
func appendList[T any](dst []byte, values []T, depth int, appendValue func([]byte, T) []byte) []byte {
	if len(values) == 0 {
		return append(dst, "[]"...)
	}
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(appendNewline(dst, depth+1), v)
	}
	return append(appendNewline(dst, depth), ']')
}

func (o *Output) append(dst []byte, depth int) []byte {
	field := func(name string) {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = appendName(appendNewline(dst, depth+1), name)
	}
	if o.raw != nil {
		return appendJSON(dst, o.raw, depth)
	}
	dst = append(dst, '{')
	switch o.Type {
	case "stream":
		field("name")
		dst = appendString(dst, o.Name)
	case "error":
		field("ename")
		dst = appendString(dst, o.EName)
		field("evalue")
		dst = appendString(dst, o.EValue)
	case "display_data", "execute_result":
		field("data")
		dst = appendBundle(dst, o.Data, depth+1)
		if o.Type == "execute_result" {
			field("execution_count")
			if o.ExecutionCount == 0 {
				dst = append(dst, "null"...)
			} else {
				dst = strconv.AppendInt(dst, int64(o.ExecutionCount), 10)
			}
		}
		field("metadata")
		if o.Metadata == nil {
			dst = append(dst, "{}"...)
		} else {
			dst = appendJSON(dst, o.Metadata, depth+1)
		}
	}
	field("output_type")
	dst = appendString(dst, o.Type)
	switch o.Type {
	case "stream":
		field("text")
		dst = appendStrings(dst, splitLines(o.Text), depth+1)
	case "error":
		field("traceback")
		dst = appendStrings(dst, o.Traceback, depth+1)
	}
	return append(appendNewline(dst, depth), '}')
}

func appendBundle(dst []byte, data map[string]json.RawMessage, depth int) []byte {
	if len(data) == 0 {
		return append(dst, "{}"...)
	}
	mimes := make([]string, 0, len(data))
	for mime := range data {
		mimes = append(mimes, mime)
	}
	slices.Sort(mimes)
	dst = append(dst, '{')
	for i, mime := range mimes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendName(appendNewline(dst, depth+1), mime)
		if raw := data[mime]; isLines(mime) && len(raw) > 0 && raw[0] == '"' {
			dst = appendStrings(dst, splitLines(unquote(raw)), depth+1)
		} else {
			dst = appendJSON(dst, raw, depth+1)
		}
	}
	return append(appendNewline(dst, depth), '}')
}

func appendStrings(dst []byte, values []string, depth int) []byte {
	return appendList(dst, values, depth, appendString)
}

// appendJSON appends a value that has been scanned before.
func appendJSON(dst []byte, raw json.RawMessage, depth int) []byte {
	n, err := scan(raw)
	if err != nil {
		return append(dst, "null"...) // can't happen: fields contain scanned text only
	}
	return appendPretty(dst, raw, &n, depth)
}

// splitLines splits s into lines like Python's str.splitlines, which recognizes
// more line ends than \n, and keeps the line ends.
func splitLines(s string) []string {
	var lines []string
	for s != "" {
		end := len(s)
		for i, r := range s {
			switch r {
			case '\r':
				end = i + 1
				if strings.HasPrefix(s[end:], "\n") {
					end++
				}
			case '\n', '\v', '\f', '\x1c', '\x1d', '\x1e':
				end = i + 1
			case '\u0085':
				end = i + 2
			case '\u2028', '\u2029':
				end = i + 3
			default:
				continue
			}
			break
		}
		lines = append(lines, s[:end])
		s = s[end:]
	}
	return lines
}
