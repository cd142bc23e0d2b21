package course

import (
	"encoding/json"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// SourceCell is a cell of the course's own notebook.
type SourceCell struct {
	Type     string // code, markdown or raw
	ID       string // nbformat's
	GradeID  string // "" if nbgrader doesn't know the cell
	Role     Role
	Source   string // as students get it; test cells with their hidden tests
	metadata []byte // the cell's, as JSON, or nil
}

// Role says what a cell is for.
type Role int

// The roles of cells.
const (
	Explained Role = iota // not marked: the course's text and examples
	Locked                // the course's code, also tests
	Answer                // code that the tests check
	Written               // an answer that a person grades
	Task                  // an instruction that a person grades
)

// writtenStub is what nbgrader puts in the place of a written solution.
const writtenStub = "YOUR ANSWER HERE"

// layoutCell returns what counts of a cell of source/.
func layoutCell(cell *notebook.Cell, m cellMetadata, found bool) SourceCell {
	c := SourceCell{Type: cell.Type(), ID: cell.ID(), Source: cell.Source(), metadata: cell.Metadata()}
	if !found {
		return c
	}
	c.GradeID = m.GradeID
	switch {
	case m.Task:
		c.Role = Task
	case m.Grade && m.Solution:
		c.Role = Written
		if c.Type != "code" {
			c.Source = writtenStub
			break
		}
		c.Source = Code{Text: c.Source}.Stub().Text
	case m.Solution:
		c.Role = Answer
		c.Source = Code{Text: c.Source}.Stub().Text
	default:
		c.Role = Locked
	}
	return c
}

// cellMetadata is what nbgrader keeps in a cell (schema version 3).
type cellMetadata struct {
	Grade    bool    `json:"grade"`
	Solution bool    `json:"solution"`
	Locked   bool    `json:"locked"`
	Task     bool    `json:"task"`
	GradeID  string  `json:"grade_id"`
	Points   float64 `json:"points"`
	Schema   int     `json:"schema_version"`
}

// readMetadata returns a cell's nbgrader metadata. found is false if there is
// none with a grade_id: nbgrader's DeduplicateIds leaves an empty object.
func readMetadata(c *notebook.Cell) (m cellMetadata, found bool) {
	raw := c.Metadata("nbgrader")
	if raw == nil || json.Unmarshal(raw, &m) != nil || m.GradeID == "" {
		return m, false
	}
	return m, true
}
