package course

import "slices"

// Submitted holds the answers of a submitted notebook.
type Submitted struct {
	Problems []Problem // missing, copied and changed cells, and what was guessed

	// Checks has the grade_ids of cells that a person has to look at, because
	// something was guessed, put together or left out.
	Checks []string

	cells   map[string]string   // answers by grade_id, also written ones
	graded  map[string]string   // what of an answer is graded, where that isn't all of it
	changed map[string]string   // the text of unmarked cells of the course that the student edited, by nbformat's id
	extra   map[int][]extraCell // cells of the student's own, by the course's cell that precedes them; -1 for none
}

// extraCell is a cell that isn't the course's.
type extraCell struct {
	code   bool
	source string
	spent  bool // its text is part of an answer
}

// submittedCell is what counts of a cell.
type submittedCell struct {
	id      string // nbformat's
	kind    string
	gradeID string
	source  string
	intact  bool // as handed out, by its checksum
}

// note adds a problem about a cell, once.
func (s *Submitted) note(cell, text string) { s.add(Note, cell, text) }

// check adds a problem that a person has to look at.
func (s *Submitted) check(cell, text string) {
	s.add(Check, cell, text)
	if !slices.Contains(s.Checks, cell) {
		s.Checks = append(s.Checks, cell)
	}
}

func (s *Submitted) add(kind ProblemKind, cell, text string) {
	if p := (Problem{Kind: kind, Cell: cell, Text: text}); !slices.Contains(s.Problems, p) {
		s.Problems = append(s.Problems, p)
	}
}
