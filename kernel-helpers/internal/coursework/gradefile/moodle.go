package gradefile

import (
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
)

// WriteMoodle writes grades and comments for Moodle. worksheet is what Moodle's
// "Download grading worksheet" gives, which is filled; without one, the file is for
// the gradebook's import.
func WriteMoodle(w io.Writer, assignment string, grades []Grade, worksheet []byte) error {
	if worksheet == nil {
		return writeMoodleImport(w, assignment, grades)
	}
	t, err := parseTable(worksheet)
	if err != nil {
		return fmt.Errorf("read Moodle's worksheet: %w", err)
	}
	grade, comments, most := t.column("Grade"), t.column("Feedback comments"), t.column("Maximum Grade")
	if t.column("Identifier") < 0 || grade < 0 {
		return fmt.Errorf("read Moodle's worksheet: its first line has no Identifier and Grade: download the grading worksheet in English")
	}
	for line := 1; line < len(t.lines) && len(grades) > 0; line++ {
		if v, err := strconv.ParseFloat(t.get(line, most), 64); err == nil && v != grades[0].MaxScore() {
			return fmt.Errorf("the maximum grade in Moodle is %s, and here %s: set it in the assignment's settings, and download the worksheet again", number(v), number(grades[0].MaxScore()))
		}
	}
	unmatched := t.fill(grades, func(line int, g Grade) {
		t.set(line, grade, number(g.Score()))
		if comments >= 0 {
			t.set(line, comments, moodleComment(g))
		}
	})
	if err := t.write(w); err != nil {
		return err
	}
	return unmatched
}

// moodleComment returns a comment as the HTML that Moodle takes it for.
func moodleComment(g Grade) string {
	return strings.ReplaceAll(html.EscapeString(g.Comment()), "\n", "<br>")
}

func writeMoodleImport(w io.Writer, assignment string, grades []Grade) error {
	t := &table{separator: ',', lines: [][]string{{"First name", "Last name", "ID number", "Email address", "Assignment: " + assignment + " (Real)", "Assignment: " + assignment + " (Feedback)"}}}
	for _, g := range grades {
		last, first, _ := strings.Cut(g.Student.LastFirst(), ", ")
		t.lines = append(t.lines, []string{first, last, g.Student.Platform["id number"], g.Student.Email, number(g.Score()), moodleComment(g)})
		if line := t.lines[len(t.lines)-1]; line[1] == "" {
			line[1] = g.Student.Name
		}
	}
	return t.write(w)
}
