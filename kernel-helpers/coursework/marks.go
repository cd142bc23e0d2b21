package coursework

// Mark is what a person gave for a cell, in nbgrader's formgrader.
type Mark struct {
	Notebook string  `json:"notebook"`
	Cell     string  `json:"cell"` // grade_id
	Score    float64 `json:"score"`
	MaxScore float64 `json:"max_score"`
	Graded   bool    `json:"graded"`
	Comment  string  `json:"comment"`
}
