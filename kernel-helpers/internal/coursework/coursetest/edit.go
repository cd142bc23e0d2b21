package coursetest

import (
	"slices"
	"strings"
)

// An Editor edits a draft as JupyterLab does.
type Editor struct {
	*Draft
	clipboard Cell
}

// Do carries out an edit: which one, of which cell, and where. Every number means
// something.
func (e *Editor) Do(what, cell, where byte) (name string) {
	if len(e.Cells) == 0 {
		return "nothing"
	}
	i := int(cell) % len(e.Cells)
	at := int(where) % (len(e.Cells) + 1)
	c := e.Cells[i]
	switch what % 8 {
	case 0:
		e.Cells = slices.Insert(e.Cells, i+1, copyOf(c))
		return "duplicate"
	case 1: // both parts keep type and metadata
		lines := strings.SplitAfter(source(c), "\n")
		n := int(where) % (len(lines) + 1)
		second := copyOf(c)
		c["source"], second["source"] = strings.Join(lines[:n], ""), strings.Join(lines[n:], "")
		e.Cells = slices.Insert(e.Cells, i+1, second)
		return "split"
	case 2: // the upper cell's type and metadata stay
		if i+1 < len(e.Cells) {
			c["source"] = source(c) + "\n\n" + source(e.Cells[i+1])
			e.Cells = slices.Delete(e.Cells, i+1, i+2)
		}
		return "merge"
	case 3:
		e.Cells = slices.Delete(e.Cells, i, i+1)
		e.Cells = slices.Insert(e.Cells, min(at, len(e.Cells)), c)
		return "move"
	case 4:
		e.Cells = slices.Delete(e.Cells, i, i+1)
		return "delete"
	case 5:
		e.clipboard = copyOf(c)
		return "copy"
	case 6:
		if e.clipboard != nil {
			e.Cells = slices.Insert(e.Cells, at, copyOf(e.clipboard))
		}
		return "paste"
	default:
		retype(c, []string{"code", "markdown", "raw"}[where%3])
		return "retype"
	}
}
