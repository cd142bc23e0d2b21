package report

import "strconv"

// FailedCell is what is known about a cell that failed.
type FailedCell struct {
	Name    string // GoNB's name of the error
	Value   string // GoNB's account: the compiler's output, or "exit status 2"
	Crash   string // the report that the program wrote when it crashed, or ""
	Test    bool   // the cell was a %test cell
	Sources Sources
}

// pointed returns the lines that show a place, with a caret if there is a column.
func (c FailedCell) pointed(count, line, col string) string {
	p := c.Sources.find(count, line)
	where := "\n" + bold(p.String())
	if p.text == "" {
		return where
	}
	where += "\n    " + p.text
	if n, err := strconv.Atoi(col); err == nil {
		where += "\n    " + red(caret(p.text, n))
	}
	return where
}
