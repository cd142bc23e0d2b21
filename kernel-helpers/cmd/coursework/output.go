package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// output is where and how a command prints.
type output struct {
	stdout, stderr     *os.File
	json, colour, live bool
}

// The colours of terminals.
const (
	red    = 31
	green  = 32
	yellow = 33
)

func (o *output) writeJSON(v any) error {
	e := json.NewEncoder(o.stdout)
	e.SetIndent("", " ")
	return e.Encode(v)
}

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o.stdout, format, args...) }

// notice prints what the user should know, beside the results.
func (o *output) notice(text string) { fmt.Fprintln(o.stderr, "coursework: "+text) }

// progress replaces the last line of a terminal. Elsewhere it prints nothing.
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

// exercise prints the outcome of an exercise for its student.
func (o *output) exercise(e course.ExerciseResult) {
	o.printf("%s: %g of %g points\n", e.Name, e.Score, e.MaxScore)
	for _, p := range e.Problems {
		o.problem("  ", p)
	}
	for _, t := range e.Tests {
		status := o.paint(red, string(t.Status))
		if t.Status == course.Passed {
			status = o.paint(green, string(t.Status))
		}
		o.printf("  %-9s  %s (%g)\n", status, t.Name, t.MaxPoints)
		if t.Status == course.Passed {
			continue
		}
		if t.Status != course.NotRun && t.Asks != "" {
			o.printf("             asks: %s\n", t.Asks)
		}
		for _, m := range t.Messages {
			o.indented(m)
		}
		if t.Race != "" {
			o.indented(t.Race)
		}
	}
}

func (o *output) indented(text string) {
	const indent = "             "
	o.printf("%s%s\n", indent, strings.ReplaceAll(untrusted.Clean(text), "\n", "\n"+indent))
}

func (o *output) problem(indent string, p course.Problem) {
	where := ""
	if p.Cell != "" {
		where = p.Place() + ": "
	}
	o.printf("%s%s  %s%s\n", indent, o.paint(yellow, string(p.Kind)), where, untrusted.Clean(p.Text))
}
