package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// The statuses of a notebook.
const (
	passed      = "passed"
	failed      = "failed"
	interrupted = "interrupted"
	notRun      = "not run"
)

// A report is the result for one notebook. The option --json prints it.
type report struct {
	File          string   `json:"file"`
	Status        string   `json:"status"`
	Saved         string   `json:"saved,omitempty"` // the file to which the notebook was saved
	Kernel        string   `json:"kernel,omitempty"`
	Cells         int      `json:"cells"`          // number of code cells
	Ran           int      `json:"ran"`            // number of code cells that were started
	AllowedErrors int      `json:"allowed_errors"` // number of code cells that failed and were allowed to
	Seconds       float64  `json:"seconds"`
	Error         *failure `json:"error,omitempty"`
}

// A failure is the reason why a notebook failed. Unless the notebook itself is
// the reason, it names the code cell.
type failure struct {
	Message string `json:"message"`
	Cell    int    `json:"cell,omitempty"` // number of the code cell, from 1
	ID      string `json:"id,omitempty"`
	Line    string `json:"line,omitempty"` // first line of the cell's source
	EName   string `json:"ename,omitempty"`
	EValue  string `json:"evalue,omitempty"`
}

func describe(err error) *failure {
	f := &failure{Message: err.Error()}
	if c, ok := errors.AsType[*notebook.CellError](err); ok {
		f.Cell, f.ID, f.Line, f.EName, f.EValue = c.Cell, c.ID, c.Line, c.EName, c.EValue
	}
	return f
}

// line formats the report for people: a line, and the error if there is one.
func (r report) line() string {
	line := fmt.Sprintf("%-11s %s", r.Status, r.File)
	if r.Status == notRun {
		return line
	}
	line += fmt.Sprintf("  %s, %.1f s", count(r.Ran, "cell"), r.Seconds)
	if r.AllowedErrors > 0 {
		line += ", " + count(r.AllowedErrors, "allowed error")
	}
	if r.Error != nil {
		message := strings.TrimPrefix(r.Error.Message, "notebook: ")
		line += "\n  " + strings.ReplaceAll(strings.TrimPrefix(message, r.File+": "), "\n", "\n  ")
	}
	return line
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// A summary is the object that --json prints.
type summary struct {
	Notebooks []report `json:"notebooks"`
	Passed    int      `json:"passed"`
	Failed    int      `json:"failed"` // includes the interrupted ones
	NotRun    int      `json:"not_run"`
	Seconds   float64  `json:"seconds"`
}

func sum(reports []report, took time.Duration) summary {
	s := summary{Notebooks: reports, Seconds: took.Seconds()}
	for _, r := range reports {
		switch r.Status {
		case passed:
			s.Passed++
		case notRun:
			s.NotRun++
		default:
			s.Failed++
		}
	}
	return s
}

func (s summary) line() string {
	line := fmt.Sprintf("%s: %d passed, %d failed", count(len(s.Notebooks), "notebook"), s.Passed, s.Failed)
	if s.NotRun > 0 {
		line += fmt.Sprintf(", %d not run", s.NotRun)
	}
	return fmt.Sprintf("%s, %.1f s", line, s.Seconds)
}
