package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// output is where a command prints, and how.
type output struct {
	stdout, stderr     *os.File
	json, colour, live bool
}

func (o *output) writeJSON(v any) error {
	e := json.NewEncoder(o.stdout)
	e.SetIndent("", " ")
	return e.Encode(v)
}

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o.stdout, format, args...) }

// progress replaces the last line of a terminal; elsewhere it prints nothing.
func (o *output) progress(format string, args ...any) {
	if o.live {
		fmt.Fprintf(o.stderr, "\r\x1b[K"+format, args...)
	}
}

func (o *output) paint(colour int, text string) string {
	if !o.colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, text)
}

// exercise prints what became of one exercise, for a student.
func (o *output) exercise(e coursework.ExerciseResult) {
	o.printf("%s: %g of %g points\n", e.Name, e.Score, e.MaxScore)
	for _, p := range e.Problems {
		o.problem("  ", p)
	}
	for _, t := range e.Tests {
		mark := o.paint(31, string(t.Status))
		if t.Status == coursework.Passed {
			mark = o.paint(32, string(t.Status))
		}
		o.printf("  %-9s  %s (%g)\n", mark, t.Name, t.MaxPoints)
		if t.Status == coursework.Passed {
			continue
		}
		if t.Status != coursework.NotRun && t.Asks != "" {
			o.printf("             asks: %s\n", t.Asks)
		}
		for _, m := range t.Messages {
			o.printf("             %s\n", strings.ReplaceAll(coursework.Clean(m), "\n", "\n             "))
		}
		if t.Race != "" {
			o.printf("             %s\n", strings.ReplaceAll(coursework.Clean(t.Race), "\n", "\n             "))
		}
	}
}

func (o *output) problem(indent string, p coursework.Problem) {
	where := ""
	if p.Cell != "" {
		where = p.Cell
		if p.Line > 0 {
			where = fmt.Sprintf("%s, line %d", p.Cell, p.Line)
		}
		where += ": "
	}
	o.printf("%s%s  %s%s\n", indent, o.paint(33, string(p.Kind)), coursework.Clean(where), coursework.Clean(p.Text))
}
