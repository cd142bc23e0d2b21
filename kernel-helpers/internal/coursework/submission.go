package coursework

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// MaxNotebook is the most bytes that a submitted notebook may have. A notebook
// with many pictures has a tenth of it.
const MaxNotebook = 20 << 20

// handedIn is a submitted notebook as far as it is graded.
type handedIn struct {
	cells    map[string]string // by grade_id
	problems []Problem
}

// errBroken says that a submitted file can't be read as a notebook.
var errBroken = errors.New("not a notebook that can be graded")

// openPlain opens a file below root if it is a plain file of at most
// MaxNotebook bytes. No symbolic link is followed: not out of the submission,
// nor within it.
func openPlain(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return nil, fmt.Errorf("%w: %s is a symbolic link, and only plain files are read", errBroken, name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is not a plain file", errBroken, name)
	case info.Size() > MaxNotebook:
		return nil, fmt.Errorf("%w: %s has %d MB, %d MB is the most", errBroken, name, info.Size()>>20, MaxNotebook>>20)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, fmt.Errorf("%w: %s changed while it was opened", errBroken, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxNotebook+1))
	if err == nil && len(text) > MaxNotebook {
		err = fmt.Errorf("%w: %s grew while it was read", errBroken, name)
	}
	return text, err
}

// readHandedIn takes the answers out of a submitted notebook.
func readHandedIn(text []byte, s *Sheet) (*handedIn, error) {
	cells, err := looseCells(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s.ipynb: %v", errBroken, s.Name, err)
	}
	wanted := map[string]bool{}
	locked := map[string]string{}
	for _, e := range s.Exercises {
		for _, a := range e.Answers {
			wanted[a.Cell] = true
		}
		for _, c := range e.Shared {
			locked[c.Cell] = c.Text
		}
		locked[e.Tests.Cell] = withoutHidden(e.Tests.Text)
	}
	h := &handedIn{cells: map[string]string{}}
	seen := map[string]bool{}
	for _, cell := range cells {
		m := cell.grade
		text, isLocked := locked[m.GradeID]
		if isLocked {
			if seen[m.GradeID] {
				h.note(m.GradeID, "this cell is there twice; the course's own is used")
			} else if !sameText(text, cell.source) {
				h.note(m.GradeID, "this locked cell was changed; the course's own is used")
			}
		}
		if wanted[m.GradeID] {
			if earlier, twice := h.cells[m.GradeID]; twice && sameText(earlier, cell.source) {
				h.note(m.GradeID, "this answer is there twice, with the same text")
			} else if twice {
				h.note(m.GradeID, "this answer is there twice with different texts; the lower one is graded")
			}
			h.cells[m.GradeID] = cell.source // nbgrader keeps the last one, too
		}
		seen[m.GradeID] = true
	}
	for _, e := range s.Exercises {
		for _, c := range append([]Code{e.Tests}, e.Shared...) {
			if !seen[c.Cell] {
				h.note(c.Cell, "this locked cell was deleted; the course's own is used")
				seen[c.Cell] = true
			}
		}
	}
	return h, nil
}

// looseCell is a cell with nbgrader's metadata, and nothing else of a notebook.
type looseCell struct {
	grade  nbgraderCell
	source string
}

// looseCells reads the cells that count. It asks for no more than that of the
// notebook: whatever wrote the file, a right answer in it is one.
func looseCells(text []byte) ([]looseCell, error) {
	var nb struct {
		Cells json.RawMessage `json:"cells"`
	}
	if err := json.Unmarshal(text, &nb); err != nil {
		return nil, err
	}
	list := json.NewDecoder(bytes.NewReader(nb.Cells))
	if open, err := list.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("it has no cells")
	}
	type rawCell struct {
		Metadata struct {
			Nbgrader json.RawMessage `json:"nbgrader"`
		} `json:"metadata"`
		Source json.RawMessage `json:"source"`
	}
	var c rawCell
	var cells []looseCell
	for list.More() { // one by one: there may be millions that don't count
		c = rawCell{}
		if err := list.Decode(&c); err != nil {
			return nil, err
		}
		if c.Metadata.Nbgrader == nil {
			continue
		}
		var cell looseCell
		if json.Unmarshal(c.Metadata.Nbgrader, &cell.grade) != nil || cell.grade.GradeID == "" {
			continue
		}
		var lines []string
		if json.Unmarshal(c.Source, &cell.source) != nil && json.Unmarshal(c.Source, &lines) == nil {
			cell.source = strings.Join(lines, "")
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

// note tells something of a cell, once, however often it is there.
func (h *handedIn) note(cell, text string) {
	if p := (Problem{Kind: Note, Cell: cell, Text: text}); !slices.Contains(h.problems, p) {
		h.problems = append(h.problems, p)
	}
}

// answers returns an exercise's answers, and what is missing of them.
func (h *handedIn) answers(e *Exercise) (answers []AnswerCell, missing []Problem) {
	for _, a := range e.Answers {
		text, ok := h.cells[a.Cell]
		if !ok {
			missing = append(missing, Problem{Kind: Missing, Cell: a.Cell,
				Text: fmt.Sprintf("the answer cell %s is not in the notebook: it was deleted, or its cell was made anew by copying the text alone", a.Cell)})
			continue
		}
		answers = append(answers, AnswerCell{Cell: a.Cell, Source: text})
	}
	return answers, missing
}

// sameText compares cells but for spaces at the ends of lines, which editors
// remove, and empty lines at the end.
func sameText(a, b string) bool { return trimmed(a) == trimmed(b) }

func trimmed(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// withoutHidden removes the hidden tests from a test cell, as nbgrader does.
func withoutHidden(text string) string {
	hidden := hiddenLines(text)
	var kept []string
	for i, line := range strings.Split(text, "\n") {
		if !hidden(i + 1) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
