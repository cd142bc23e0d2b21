package course

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ParseSubmitted takes the answers to a notebook out of a submitted file. It
// requires little of the file: a right answer counts whatever program wrote it.
// The course's notebook says which cells there are; of the student's, only texts
// are used.
func ParseSubmitted(text []byte, nb *Notebook) (*Submitted, error) {
	cells, err := parseCells(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s.ipynb: %v", ErrUnreadable, nb.Name, err)
	}
	s := &Submitted{cells: map[string]string{}, graded: map[string]string{}, changed: map[string]string{}, extra: map[int][]extraCell{}}
	s.assign(cells, nb)
	return s, nil
}

// Own returns the student's own code cells, which may have what answers use.
func (s *Submitted) Own() (cells []Code) {
	for _, at := range sortedKeys(s.extra) {
		for _, c := range s.extra[at] {
			if c.code && !c.spent && strings.TrimSpace(c.source) != "" {
				cells = append(cells, Code{Cell: fmt.Sprintf("own-cell-%d", len(cells)+1), Text: c.source})
			}
		}
	}
	return cells
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
		if graded, trimmed := s.graded[a.Cell]; trimmed {
			text = graded
		}
		answers = append(answers, Code{Cell: a.Cell, Text: text})
	}
	return answers, missing
}

// parseCells reads the cells of a notebook, in nbformat 4 or 3.
func parseCells(text []byte) ([]submittedCell, error) {
	var doc struct {
		Cells      json.RawMessage `json:"cells"`
		Worksheets []struct {
			Cells json.RawMessage `json:"cells"`
		} `json:"worksheets"`
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var badType *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &doc); err != nil && (!errors.As(err, &badType) || doc.Cells == nil) {
		return nil, err
	}
	if doc.Cells != nil || len(doc.Worksheets) == 0 {
		return parseList(doc.Cells)
	}
	var all []submittedCell
	for _, sheet := range doc.Worksheets {
		cells, err := parseList(sheet.Cells)
		if err != nil {
			return nil, err
		}
		all = append(all, cells...)
	}
	return all, nil
}

// parseList reads a list of cells.
func parseList(text []byte) ([]submittedCell, error) {
	list := json.NewDecoder(bytes.NewReader(text))
	if open, err := list.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("it has no cells")
	}
	type rawCell struct {
		ID       json.RawMessage `json:"id"`
		Kind     json.RawMessage `json:"cell_type"`
		Metadata json.RawMessage `json:"metadata"`
		Source   json.RawMessage `json:"source"`
		Input    json.RawMessage `json:"input"` // nbformat 3
	}
	var cells []submittedCell
	var c rawCell
	for list.More() { // one by one, as millions of cells may not count
		c = rawCell{}
		if err := list.Decode(&c); isTypeError(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		if c.Source == nil && c.Input == nil && c.Metadata == nil {
			continue
		}
		var cell submittedCell
		var metadata struct {
			Nbgrader json.RawMessage `json:"nbgrader"`
		}
		var marks checksummed
		_ = json.Unmarshal(c.ID, &cell.id) // other types count as absent
		_ = json.Unmarshal(c.Kind, &cell.kind)
		if json.Unmarshal(c.Metadata, &metadata) == nil {
			if json.Unmarshal(metadata.Nbgrader, &marks) != nil {
				marks = checksummed{GradeID: gradeIDOf(metadata.Nbgrader)} // an odd mark beside it changes nothing
			}
		}
		cell.gradeID = marks.GradeID
		cell.source = joined(c.Source)
		if c.Source == nil {
			cell.source = joined(c.Input)
		}
		cell.intact = marks.intact(cell.source, cell.kind)
		if cell.gradeID != "" || strings.TrimSpace(cell.source) != "" {
			cells = append(cells, cell)
		}
	}
	return cells, nil
}

// isTypeError reports that JSON is of another type than wanted.
func isTypeError(err error) bool {
	if err == nil {
		return false
	}
	_, other := errors.AsType[*json.UnmarshalTypeError](err)
	return other
}

// joined returns a source that is a string or a list of strings. Lines end with
// newlines, whatever the program that wrote the file ends them with.
func joined(raw json.RawMessage) (text string) {
	var lines []string
	if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &lines) == nil {
		text = strings.Join(lines, "")
	}
	return lineEnds.Replace(strings.TrimPrefix(text, "\ufeff"))
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")
