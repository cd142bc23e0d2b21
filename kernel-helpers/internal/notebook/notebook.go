package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// A Notebook is an .ipynb document. [Parse] and [Read] return one.
type Notebook struct {
	text     []byte // as it was read
	root     node
	metadata edited
	cells    []*Cell
	minor    int
}

// A Cell is one cell of a notebook.
type Cell struct {
	nb       *Notebook
	kind     string
	id       string
	source   string
	count    int
	tags     []string
	members  edited // changes of the cell's members
	metadata edited // changes in its metadata
	outputs  []*Output
}

// edited collects the changes of one object in the text.
type edited struct {
	object *node
	depth  int // nesting depth of the object's members
	set    map[string]func(dst []byte) []byte
}

// change sets a member. When the notebook is written, write appends its value.
func (e *edited) change(name string, write func(dst []byte) []byte) {
	if e.set == nil {
		e.set = map[string]func([]byte) []byte{}
	}
	e.set[name] = write
}

// Cells returns the notebook's cells in order.
func (nb *Notebook) Cells() []*Cell { return slices.Clone(nb.cells) }

// CodeSources returns the texts of the notebook's code cells in order.
func (nb *Notebook) CodeSources() []string {
	var sources []string
	for _, c := range nb.cells {
		if c.kind == "code" {
			sources = append(sources, c.source)
		}
	}
	return sources
}

// KernelName returns the name of the notebook's kernelspec, or "" if it has
// none.
func (nb *Notebook) KernelName() string {
	var name string
	if raw := nb.Metadata("kernelspec", "name"); raw != nil {
		_ = json.Unmarshal(raw, &name) // a value that is not a string counts as no name
	}
	return name
}

// Metadata returns the value at a path of keys in the notebook's metadata as it
// was read, or nil if there is none.
func (nb *Notebook) Metadata(path ...string) json.RawMessage {
	return lookUp(nb.text, nb.metadata.object, path)
}

// Type returns "code", "markdown" or "raw", or a type added by a later minor
// version of the format.
func (c *Cell) Type() string { return c.kind }

// ID returns the cell's id, or "" if it has none. IDs were introduced in
// nbformat 4.5.
func (c *Cell) ID() string { return c.id }

// Source returns the cell's text.
func (c *Cell) Source() string { return c.source }

// ExecutionCount returns the cell's execution count, or 0 if the cell hasn't
// run.
func (c *Cell) ExecutionCount() int { return c.count }

// Tags returns the tags in the cell's metadata.
func (c *Cell) Tags() []string { return slices.Clone(c.tags) }

// HasTag reports whether the cell has a tag.
func (c *Cell) HasTag(tag string) bool { return slices.Contains(c.tags, tag) }

// Metadata returns the value at a path of keys in the cell's metadata as it was
// read, or nil if there is none.
func (c *Cell) Metadata(path ...string) json.RawMessage {
	return lookUp(c.nb.text, c.metadata.object, path)
}

// Outputs returns the cell's outputs, which is none for a cell that isn't code.
// The values share memory with the notebook and must not be modified.
func (c *Cell) Outputs() []Output {
	outputs := make([]Output, len(c.outputs))
	for i, o := range c.outputs {
		outputs[i] = *o
	}
	return outputs
}

func lookUp(text []byte, n *node, path []string) json.RawMessage {
	for _, key := range path {
		if n = n.get(key); n == nil {
			return nil
		}
	}
	return json.RawMessage(bytes.Clone(text[n.start:n.end]))
}

// setOutputs replaces the cell's outputs. They are read when the notebook is
// written, so later updates of displays are included.
func (c *Cell) setOutputs(outputs []*Output) {
	c.outputs = outputs
	c.members.change("outputs", func(dst []byte) []byte {
		return appendOutputs(dst, outputs, c.members.depth)
	})
}

// setCount sets the execution count; 0 means that the cell hasn't run.
func (c *Cell) setCount(count int) {
	c.count = count
	c.members.change("execution_count", func(dst []byte) []byte {
		if count == 0 {
			return append(dst, "null"...)
		}
		return strconv.AppendInt(dst, int64(count), 10)
	})
}

// setValue sets a member to a JSON value. If the value is equivalent to the old
// one, the old text stays.
func (e *edited) setValue(text []byte, name string, value json.RawMessage) error {
	n, err := scan(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	pretty := appendPretty(nil, value, &n, e.depth)
	if old := e.object.get(name); old != nil && bytes.Equal(pretty, appendPretty(nil, text, old, e.depth)) {
		delete(e.set, name)
		return nil
	}
	e.change(name, func(dst []byte) []byte { return append(dst, pretty...) })
	return nil
}

// Bytes returns the notebook's text. If nothing has changed, these are the
// bytes from which it was read.
func (nb *Notebook) Bytes() []byte {
	patches := nb.metadata.patches(nil)
	for _, c := range nb.cells {
		patches = c.metadata.patches(patches)
		patches = c.members.patches(patches)
	}
	if len(patches) == 0 {
		return bytes.Clone(nb.text)
	}
	slices.SortStableFunc(patches, func(a, b patch) int { return a.start - b.start })
	out := make([]byte, 0, len(nb.text))
	at := 0
	for _, p := range patches {
		out = p.write(append(out, nb.text[at:p.start]...))
		at = p.end
	}
	out = append(out, nb.text[at:]...)
	if !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	return out
}

// A patch replaces text[start:end].
type patch struct {
	start, end int
	write      func(dst []byte) []byte
}

// patches appends the patches that make the changes. A new member is put before
// the first one whose name is greater, which is where nbformat would put it.
func (e *edited) patches(to []patch) []patch {
	var added []string
	for name, write := range e.set {
		if old := e.object.get(name); old != nil {
			to = append(to, patch{old.start, old.end, write})
		} else {
			added = append(added, name)
		}
	}
	if len(added) == 0 {
		return to
	}
	slices.Sort(added)
	members := e.object.members
	if len(members) == 0 {
		return append(to, patch{e.object.start, e.object.end, func(dst []byte) []byte {
			dst = append(dst, '{')
			for i, name := range added {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = e.set[name](appendName(appendNewline(dst, e.depth), name))
			}
			return append(appendNewline(dst, e.depth-1), '}')
		}})
	}
	for _, name := range added {
		before := slices.IndexFunc(members, func(m member) bool { return m.name > name })
		if before < 0 {
			end := members[len(members)-1].value.end
			to = append(to, patch{end, end, func(dst []byte) []byte {
				return e.set[name](appendName(appendNewline(append(dst, ','), e.depth), name))
			}})
			continue
		}
		start := members[before].start
		to = append(to, patch{start, start, func(dst []byte) []byte {
			dst = e.set[name](appendName(dst, name))
			return appendNewline(append(dst, ','), e.depth)
		}})
	}
	return to
}
