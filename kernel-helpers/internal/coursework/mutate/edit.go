package mutate

import (
	"cmp"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// source is the text of a cell and its syntax tree.
type source struct {
	text string
	fset *token.FileSet
	file *ast.File
	skip int // bytes before the text in what was parsed
}

// edit replaces a part of the text.
type edit struct {
	from, to int
	text     string
}

func (s *source) offset(pos token.Pos) int { return s.fset.Position(pos).Offset - s.skip }

// of returns the text of a node.
func (s *source) of(n ast.Node) string { return s.text[s.offset(n.Pos()):s.offset(n.End())] }

// replace returns an edit of a node.
func (s *source) replace(n ast.Node, text string) edit {
	return edit{s.offset(n.Pos()), s.offset(n.End()), text}
}

// apply returns the text with edits, and with as many lines.
func (s *source) apply(edits ...edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.from, a.from) })
	text, lines := s.text, 0
	for _, e := range edits {
		lines += strings.Count(text[e.from:e.to], "\n") - strings.Count(e.text, "\n")
	}
	for _, e := range edits {
		text = text[:e.from] + e.text + strings.Repeat("\n", max(0, lines)) + text[e.to:]
		lines = 0
	}
	return text
}

// brief returns the first line of a text, and that there is more.
func brief(text string) string {
	first, _, more := strings.Cut(text, "\n")
	first = strings.Join(strings.Fields(first), " ")
	if more {
		first += " …"
	}
	return first
}
