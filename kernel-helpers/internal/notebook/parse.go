package notebook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Parse parses the text of an .ipynb file. Its errors contain the line, the
// column and, if applicable, the cell.
func Parse(text []byte) (*Notebook, error) {
	nb := &Notebook{text: slices.Clone(text)}
	var err error
	if nb.root, err = scan(nb.text); err != nil {
		return nil, err
	}
	p := parser{text: nb.text}
	if nb.root.kind != '{' {
		return nil, p.wrong(&nb.root, "not a notebook: it contains %s, not an object", nb.root.describe())
	}
	if err := p.version(nb); err != nil {
		return nil, err
	}
	metadata, err := p.need(&nb.root, "metadata", '{')
	if err != nil {
		return nil, err
	}
	nb.metadata = edited{object: metadata, depth: 2}
	cells, err := p.need(&nb.root, "cells", '[')
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	for i := range cells.items {
		n := &cells.items[i]
		p := parser{text: nb.text, in: fmt.Sprintf("cell %d: ", i+1)}
		c, err := p.cell(nb, n)
		if err != nil {
			return nil, err
		}
		if c.id != "" {
			if first, twice := seen[c.id]; twice {
				return nil, p.wrong(n, "its id %q is already used by cell %d", c.id, first)
			}
			seen[c.id] = i + 1
		}
		nb.cells = append(nb.cells, c)
	}
	return nb, nil
}

// A parser checks the types of a notebook's fields.
type parser struct {
	text []byte
	in   string // position in the notebook, for messages
}

func (p parser) wrong(at *node, format string, args ...any) error {
	return fmt.Errorf("%s: %s%s", position(p.text, at.start), p.in, fmt.Sprintf(format, args...))
}

var kindNames = map[jsontext.Kind]string{'{': "an object", '[': "a list", '"': "a string", '0': "a number"}

// need returns an object's member, which must have this kind.
func (p parser) need(n *node, name string, kind jsontext.Kind) (*node, error) {
	value := n.get(name)
	if value == nil {
		return nil, p.wrong(n, "%q is missing", name)
	}
	if value.kind != kind {
		return nil, p.wrong(value, "%q is %s, not %s", name, value.describe(), kindNames[kind])
	}
	return value, nil
}

// optional returns an object's member, which must have this kind, or nil if
// there is none.
func (p parser) optional(n *node, name string, kind jsontext.Kind) (*node, error) {
	if n.get(name) == nil {
		return nil, nil
	}
	return p.need(n, name, kind)
}

func (p parser) str(n *node, name string) (string, error) {
	value, err := p.need(n, name, '"')
	if err != nil {
		return "", err
	}
	return value.str(p.text), nil
}

func (p parser) version(nb *Notebook) error {
	major, err := p.integer(&nb.root, "nbformat")
	if err != nil {
		if nb.root.get("nbformat") == nil {
			return p.wrong(&nb.root, "not a notebook: it has no \"nbformat\"")
		}
		return err
	}
	if major != 4 {
		return p.wrong(nb.root.get("nbformat"),
			"this is nbformat %d, but only nbformat 4 is supported; open it in JupyterLab and save it, or run: jupyter nbconvert --to notebook --inplace FILE", major)
	}
	nb.minor, err = p.integer(&nb.root, "nbformat_minor")
	return err
}

func (p parser) integer(n *node, name string) (int, error) {
	value, err := p.need(n, name, '0')
	if err != nil {
		return 0, err
	}
	i, err := strconv.Atoi(string(p.text[value.start:value.end]))
	if err != nil || i < 0 {
		return 0, p.wrong(value, "%q is %s, not a whole number", name, p.text[value.start:value.end])
	}
	return i, nil
}

// lines returns a member that is a string or a list of its lines.
func (p parser) lines(n *node, name string) (string, error) {
	value := n.get(name)
	if value == nil {
		return "", p.wrong(n, "%q is missing", name)
	}
	if s, ok := join(p.text, value); ok {
		return s, nil
	}
	return "", p.wrong(value, "%q is neither a string nor a list of strings", name)
}

// join returns the text of a string or of a list of strings.
func join(text []byte, n *node) (string, bool) {
	switch n.kind {
	case '"':
		return n.str(text), true
	case '[':
		var b strings.Builder
		for i := range n.items {
			if n.items[i].kind != '"' {
				return "", false
			}
			b.WriteString(n.items[i].str(text))
		}
		return b.String(), true
	}
	return "", false
}

func (p parser) cell(nb *Notebook, n *node) (*Cell, error) {
	if n.kind != '{' {
		return nil, p.wrong(n, "it is %s, not an object", n.describe())
	}
	c := &Cell{nb: nb, members: edited{object: n, depth: 3}}
	var err error
	if c.kind, err = p.str(n, "cell_type"); err != nil {
		return nil, err
	}
	known := slices.Contains([]string{"code", "markdown", "raw"}, c.kind)
	if !known && nb.minor <= 5 {
		return nil, p.wrong(n.get("cell_type"), "its type is %q, but nbformat 4.%d has only code, markdown and raw", c.kind, nb.minor)
	}
	if n.get("id") != nil && nb.minor >= 5 {
		if c.id, err = p.str(n, "id"); err != nil {
			return nil, err
		}
		if c.id == "" {
			return nil, p.wrong(n.get("id"), "its id is empty")
		}
	}
	metadata, err := p.need(n, "metadata", '{')
	if err != nil {
		return nil, err
	}
	c.metadata = edited{object: metadata, depth: 4}
	if c.tags, err = p.tags(metadata); err != nil {
		return nil, err
	}
	if !known {
		return c, nil
	}
	if c.source, err = p.lines(n, "source"); err != nil {
		return nil, err
	}
	if c.kind != "code" {
		return c, nil
	}
	if count := n.get("execution_count"); count != nil && count.kind != 'n' {
		if c.count, err = p.integer(n, "execution_count"); err != nil {
			return nil, err
		}
	}
	outputs, err := p.need(n, "outputs", '[')
	if err != nil {
		return nil, err
	}
	for i := range outputs.items {
		p := parser{text: p.text, in: fmt.Sprintf("%soutput %d: ", p.in, i+1)}
		o, err := p.output(&outputs.items[i], nb.minor)
		if err != nil {
			return nil, err
		}
		c.outputs = append(c.outputs, o)
	}
	return c, nil
}

func (p parser) tags(metadata *node) ([]string, error) {
	list, err := p.optional(metadata, "tags", '[')
	if list == nil || err != nil {
		return nil, err
	}
	return p.strings(list, "tags")
}

func (p parser) strings(list *node, name string) ([]string, error) {
	values := make([]string, 0, len(list.items))
	for i := range list.items {
		if list.items[i].kind != '"' {
			return nil, p.wrong(&list.items[i], "%q contains %s, not only strings", name, list.items[i].describe())
		}
		values = append(values, list.items[i].str(p.text))
	}
	return values, nil
}
