package course

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Submitted holds the answers of a submitted notebook.
type Submitted struct {
	Problems []Problem // missing, copied and changed cells

	cells map[string]string // answer cells by grade_id
}

// ParseSubmitted takes the answers to a notebook's exercises out of a submitted
// file.
func ParseSubmitted(text []byte, nb *Notebook) (*Submitted, error) {
	cells, err := parseCells(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s.ipynb: %v", ErrUnreadable, nb.Name, err)
	}
	wanted := map[string]bool{}
	locked := map[string]string{}
	for _, e := range nb.Exercises {
		for _, a := range e.Answers {
			wanted[a.Cell] = true
		}
		for _, c := range e.Shared {
			locked[c.Cell] = c.Text
		}
		locked[e.Tests.Cell] = e.Tests.WithoutHidden().Text
	}
	s := &Submitted{cells: map[string]string{}}
	seen := map[string]bool{}
	for _, cell := range cells {
		id := cell.metadata.GradeID
		if text, isLocked := locked[id]; isLocked {
			if seen[id] {
				s.note(id, "the notebook has this cell twice; the course's own is used")
			} else if !SameText(text, cell.source) {
				s.note(id, "this locked cell was changed; the course's own is used")
			}
		}
		if wanted[id] {
			if earlier, twice := s.cells[id]; twice && SameText(earlier, cell.source) {
				s.note(id, "the notebook has this answer twice, with the same text")
			} else if twice {
				s.note(id, "the notebook has this answer twice with different texts; the lower one is graded")
			}
			s.cells[id] = cell.source // nbgrader keeps the last one, too
		}
		seen[id] = true
	}
	for _, e := range nb.Exercises {
		for _, c := range append([]Code{e.Tests}, e.Shared...) {
			if !seen[c.Cell] {
				s.note(c.Cell, "this locked cell was deleted; the course's own is used")
				seen[c.Cell] = true
			}
		}
	}
	return s, nil
}

// note adds a problem about a cell, once.
func (s *Submitted) note(cell, text string) {
	if p := (Problem{Kind: Note, Cell: cell, Text: text}); !slices.Contains(s.Problems, p) {
		s.Problems = append(s.Problems, p)
	}
}

// Answers returns the answers to an exercise, and a problem for each that is
// missing.
func (s *Submitted) Answers(e *Exercise) (answers []Code, missing []Problem) {
	for _, a := range e.Answers {
		text, found := s.cells[a.Cell]
		if !found {
			missing = append(missing, Problem{Kind: Missing, Cell: a.Cell,
				Text: fmt.Sprintf("the notebook has no answer cell %s: it was deleted, or a new cell was made and only the text copied", a.Cell)})
			continue
		}
		answers = append(answers, Code{Cell: a.Cell, Text: text})
	}
	return answers, missing
}

// submittedCell is what counts of a cell with nbgrader metadata.
type submittedCell struct {
	metadata cellMetadata
	source   string
}

// parseCells reads the cells that count. It requires nothing else of the file: a
// right answer counts whatever program wrote the notebook.
func parseCells(text []byte) ([]submittedCell, error) {
	var doc struct {
		Cells json.RawMessage `json:"cells"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	list := json.NewDecoder(bytes.NewReader(doc.Cells))
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
	var cells []submittedCell
	for list.More() { // one by one, as millions of cells may not count
		c = rawCell{}
		if err := list.Decode(&c); err != nil {
			return nil, err
		}
		if c.Metadata.Nbgrader == nil {
			continue
		}
		var cell submittedCell
		if json.Unmarshal(c.Metadata.Nbgrader, &cell.metadata) != nil || cell.metadata.GradeID == "" {
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
